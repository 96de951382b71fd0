# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options of everything that speaks to PostgreSQL; documented in doc_fragments/postgres.py."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback

# libpq would read these variables by itself; read here, they are also named in messages and known as secrets.
POSTGRES_OPTIONS: dict[str, dict[str, Any]] = {
    "login_host": {"type": "str", "aliases": ["host"], "fallback": (env_fallback, ["PGHOST"])},
    "login_port": {"type": "int", "aliases": ["port"], "fallback": (env_fallback, ["PGPORT"])},
    "login_user": {"type": "str", "aliases": ["login"], "fallback": (env_fallback, ["PGUSER"])},
    "login_password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["PGPASSWORD"])},
    "login_db": {"type": "str", "aliases": ["db", "database"], "fallback": (env_fallback, ["PGDATABASE"])},
    "login_unix_socket": {"type": "str", "aliases": ["unix_socket"]},
    "ssl_mode": {
        "type": "str",
        "aliases": ["sslmode"],
        "choices": ["allow", "disable", "prefer", "require", "verify-ca", "verify-full"],
        "fallback": (env_fallback, ["PGSSLMODE"]),
    },
    "ca_cert": {"type": "path", "aliases": ["ssl_rootcert"], "fallback": (env_fallback, ["PGSSLROOTCERT"])},
    "ssl_cert": {"type": "path", "fallback": (env_fallback, ["PGSSLCERT"])},
    "ssl_key": {"type": "path", "no_log": False, "fallback": (env_fallback, ["PGSSLKEY"])},
    "connect_params": {"type": "dict"},
}
