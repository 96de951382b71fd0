"""A real HTTP server on loopback that misbehaves on request."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class LoopbackServer:
    """A server at ``url`` whose every request is handled by ``behaviour``; what it was asked is kept."""

    def __init__(self, behaviour: Behaviour, certificate: tuple[Path, Path] | None = None) -> None:
        self.requests: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            closing = self.closing

            def handle_one(self) -> None:
                outer.requests.append(self.path)
                outer.headers.append(dict(self.headers))
                outer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                with contextlib.suppress(OSError):
                    behaviour(self)

            do_GET = do_POST = handle_one

            def log_message(self, *args: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request: object, client_address: object) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def serving(behaviour: Behaviour, certificate: tuple[Path, Path] | None = None) -> Iterator[LoopbackServer]:
    server = LoopbackServer(behaviour, certificate)
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes | str, status: int = 200, kind: str = "text/plain", **headers: str) -> Behaviour:
    """Always the same answer."""
    content = body.encode() if isinstance(body, str) else body

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(content)

    return behave


def hang(request: BaseHTTPRequestHandler) -> None:
    """Takes the request and never answers."""
    request.closing.wait(60)  # type: ignore[attr-defined]


def drip_body(request: BaseHTTPRequestHandler) -> None:
    """One byte of the body every fifth of a second, for ever."""
    request.send_response(200)
    request.end_headers()
    while not request.closing.wait(0.2):  # type: ignore[attr-defined]
        request.wfile.write(b"x")
        request.wfile.flush()


def drip_headers(request: BaseHTTPRequestHandler) -> None:
    """One byte of the first header line every fifth of a second, for ever."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not request.closing.wait(0.2):  # type: ignore[attr-defined]
        request.wfile.write(b"x")
        request.wfile.flush()
