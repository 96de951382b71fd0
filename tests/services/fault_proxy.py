"""Stands in front of a real API server and misbehaves for the next requests it is told to.

Everything it is not told to spoil is answered by the real server, with the practice administrator's certificate;
clients speak plain HTTP to it, so that their own credentials can be judged here.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Fault:
    """What to do with the next ``times`` requests whose ``METHOD /path?query`` the pattern finds.

    ``status``: answer that, with a Status of ``reason``, ``details`` and ``headers``, or with ``body``. ``reset``:
    ``before`` or ``after`` the real server has worked on it. ``delay``: seconds before it goes on. ``cut``: end the
    answer after so many bytes. ``meanwhile``: called first, to change the world behind the client's back;
    ``afterwards``: called once the real server has worked on it, before the client hears of it.
    """

    pattern: str
    times: int = 1
    status: int = 0
    reason: str = ""
    message: str = "injected by the test"
    details: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    reset: str = ""
    delay: float = 0.0
    cut: int | None = None
    body: bytes | None = None
    meanwhile: Callable[[], None] | None = None
    afterwards: Callable[[], None] | None = None


class FaultProxy:
    """A proxy at ``url``; ``requests`` are all it has seen, as ``METHOD /path?query``."""

    def __init__(self, host: str, tls: ssl.SSLContext) -> None:
        self.requests: list[str] = []
        self.headers: list[list[tuple[str, str]]] = []
        self.token: str | None = None
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        address = urlsplit(host)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                # What a client does to a connection is its own matter.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    outer._serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, *args: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                return

        self._open = lambda: http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=60)
        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def next(self, pattern: str, **fault: Any) -> Fault:
        """Spoil the next matching requests."""
        planned = Fault(pattern, **fault)
        with self._lock:
            self._faults.append(planned)
        return planned

    def seen(self, pattern: str) -> list[str]:
        """The requests the pattern finds."""
        return [request for request in self.requests if re.search(pattern, request)]

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, line: str) -> Fault | None:
        with self._lock:
            self.requests.append(line)
            for fault in self._faults:
                if fault.times and re.search(fault.pattern, line):
                    fault.times -= 1
                    return fault
        return None

    def _serve(self, client: BaseHTTPRequestHandler) -> None:
        body = client.rfile.read(int(client.headers.get("Content-Length") or 0))
        self.headers.append(list(client.headers.items()))
        fault = self._take(f"{client.command} {client.path}") or Fault("", times=0)
        if fault.meanwhile:
            fault.meanwhile()
        if fault.delay:
            self._closing.wait(fault.delay)
        if fault.reset == "before":
            return _reset(client)
        if fault.status or fault.body is not None:
            return _answer(client, fault)
        if self.token is not None and client.headers.get("Authorization") != f"Bearer {self.token}":
            return _answer(client, Fault("", status=401, reason="Unauthorized", message="Unauthorized"))
        connection = self._open()
        try:
            kept = ("content-type", "accept", "user-agent")
            headers = {name: value for name, value in client.headers.items() if name.lower() in kept}
            connection.request(client.command, client.path, body or None, headers)
            answer = connection.getresponse()
            if fault.afterwards:
                fault.afterwards()
            if fault.reset == "after":
                answer.read()
                return _reset(client)
            return self._relay(client, answer, fault.cut)
        finally:
            connection.close()

    def _relay(self, client: BaseHTTPRequestHandler, answer: http.client.HTTPResponse, cut: int | None) -> None:
        client.send_response(answer.status)
        for name in ("Content-Type", "Retry-After"):
            if value := answer.headers.get(name):
                client.send_header(name, value)
        client.send_header("Transfer-Encoding", "chunked")
        client.end_headers()
        sent = 0
        while piece := answer.read1(65536):
            piece = piece if cut is None else piece[: cut - sent]
            client.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            client.wfile.flush()
            sent += len(piece)
            if cut is not None and sent >= cut:
                return _reset(client)
        client.wfile.write(b"0\r\n\r\n")
        return None


def _answer(client: BaseHTTPRequestHandler, fault: Fault) -> None:
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": fault.reason,
        "message": fault.message,
        "details": fault.details,
        "code": fault.status,
    }
    content = json.dumps(status).encode() if fault.body is None else fault.body
    client.send_response(fault.status or 200)
    client.send_header("Content-Type", "application/json")
    client.send_header("Content-Length", str(len(content)))
    for name, value in fault.headers.items():
        client.send_header(name, value)
    client.end_headers()
    client.wfile.write(content)


def _reset(client: BaseHTTPRequestHandler) -> None:
    """End the connection the hard way: the peer sees a reset, not an end."""
    client.close_connection = True
    client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.rfile.close()
    with contextlib.suppress(OSError):
        client.wfile.close()
    client.connection.close()


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def wait_until(holds: Callable[[], object], seconds: float = 10.0, what: str = "it") -> Any:
    """The first true answer of ``holds``; fails the test after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come about within {seconds:g} s")
