# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options of everything that speaks to PostgreSQL; documented in doc_fragments/postgres.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

# libpq would read these variables by itself; read here, they are also named in messages and known as secrets. Those of
# the server itself are for with_server(): one alone would lead to another server than the one that is named.
POSTGRES_OPTIONS: dict[str, dict[str, Any]] = {
    "login_host": {"type": "str", "aliases": ["host"]},
    "login_port": {"type": "int", "aliases": ["port"]},
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

_SERVER = ("login_host", "login_unix_socket")
_SERVER_PARAMETERS = ("host", "hostaddr", "service", "dsn")
_VARIABLES = {"login_host": "PGHOST", "login_port": "PGPORT"}


def with_server(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The options, with the server of PGHOST and PGPORT where they name none."""
    extra = options.get("connect_params") or {}
    if any(options.get(name) for name in _SERVER) or any(extra.get(name) for name in _SERVER_PARAMETERS):
        return dict(options)
    environ = os.environ if environ is None else environ
    return {name: environ[variable] for name, variable in _VARIABLES.items() if environ.get(variable)} | dict(options)
