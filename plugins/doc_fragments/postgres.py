# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that lead to PostgreSQL."""

from __future__ import annotations

import textwrap

_OPTIONS = r"""
login_host:
  description:
    - Host of the server, or its socket folder.
    - Where no server is named at all, also not in O(connect_params), the variables E(PGHOST) and E(PGPORT) name it.
  type: str
  aliases: [host]
login_port:
  description: Port of the server; V(5432) by default. The variable E(PGPORT) is read only together with E(PGHOST).
  type: int
  aliases: [port]
login_user:
  description:
    - The role to log in as. One with the rights of C(pg_monitor) sees the sessions of everybody.
    - Falls back to the variable E(PGUSER).
  type: str
  aliases: [login]
login_password:
  description: Its password. Falls back to the variable E(PGPASSWORD), then to C(~/.pgpass).
  type: str
login_db:
  description: The database. Falls back to the variable E(PGDATABASE), then to the name of the role.
  type: str
  aliases: [db, database]
login_unix_socket:
  description: Folder of a Unix domain socket; used instead of a host.
  type: str
  aliases: [unix_socket]
ssl_mode:
  description:
    - How much TLS is wanted, as libpq has it; V(prefer) by default. It is never lowered after a failure.
    - Falls back to the variable E(PGSSLMODE).
  type: str
  choices: [allow, disable, prefer, require, verify-ca, verify-full]
  aliases: [sslmode]
ca_cert:
  description: File of the CA that signed the server's certificate. Falls back to the variable E(PGSSLROOTCERT).
  type: path
  aliases: [ssl_rootcert]
ssl_cert:
  description: File of the client's certificate. Falls back to the variable E(PGSSLCERT).
  type: path
ssl_key:
  description: File of the client's key. Falls back to the variable E(PGSSLKEY).
  type: path
connect_params:
  description: Further connection parameters of libpq.
  type: dict
"""


class ModuleDocFragment:
    DOCUMENTATION = f"options:{textwrap.indent(_OPTIONS, '  ')}requirements:\n  - psycopg2\n"

    # As the one option of a service's description; there, a reference to a sub-option is written with its parent.
    SOURCE = f"""
options:
  database:
    description: Where the service's PostgreSQL is. Options have the names of the collection community.postgresql.
    type: dict
    suboptions:{textwrap.indent(_OPTIONS.replace("O(", "O(database."), "      ")}requirements:
  - psycopg2, for PostgreSQL
"""
