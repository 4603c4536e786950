"""Services behind the edge that answer every request with what they received, and a gateway that decides."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSALS = {"Bearer poor": 403, "Bearer lost": 404, "Bearer hasty": 429, "Bearer early": 503}
PUBLIC = ("/docs", "/v1/auth/token", "/s/")


class Service(ThreadingHTTPServer):
    """Answers every request with what it saw; as the gateway it also answers the edge's question."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.checks: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def handle_any(self) -> None:
        length = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == "/auth/check":
            self.server.checks.append(headers)
            self.check(headers.get("authorization", ""), headers["x-original-uri"])
        elif self.path.endswith("/events"):
            self.stream()
        else:
            seen = {"service": self.server.name, "path": self.path, "headers": headers, "length": length}
            self.answer(200, json.dumps(seen).encode())

    do_GET = do_POST = handle_any  # noqa: N815 -- http.server's names

    def check(self, credential: str, path: str) -> None:
        """As the gateway answers: 200 with a token, 401, or 403 that names the true status."""
        if path.startswith(PUBLIC):
            self.answer(200)
        elif credential in REFUSALS:
            retry = {"Retry-After": "7"} if REFUSALS[credential] == 429 else {}
            self.answer(403, headers={"X-Edge-Status": str(REFUSALS[credential]), **retry})
        elif credential == "Bearer ill":
            self.answer(500)
        elif not credential or credential == "Bearer revoked":
            self.answer(401, headers={"WWW-Authenticate": 'Bearer realm="tonglu"'})
        else:
            self.answer(
                200, headers={"X-Internal-Token": f"token-for-{credential}", "Cache-Control": "no-store"}
            )

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        self.rfile.read(1)  # until the reader goes away

    def log_message(self, *_: object) -> None:
        """Quiet."""
