"""Services behind the edge that answer every request with what they received, and a gateway that decides."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SERVICES = ("customer-svc", "interaction-svc", "scoring-svc", "notify-svc", "gateway")
OWNERS = {
    "/v1/complaints": "interaction-svc",
    "/v1/scores": "scoring-svc",
    "/v1/inbox": "notify-svc",
    "/v1/auth": "gateway",
    "/docs": "gateway",
}
LARGE = 16 * 1024 * 1024
Answer = tuple[int, dict[str, str]]


class Server(ThreadingHTTPServer):
    """A place that answers on a port of its own until it is closed."""

    daemon_threads = True

    def __init__(self, name: str, decide: Callable[[dict[str, str]], Answer] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.decide = decide
        self.broken = 0
        self.seen: list[dict[str, Any]] = []
        self.open: set[Handler] = set()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """The edge leaves when its client does; nothing else goes wrong here."""

    def close(self) -> None:
        """As a killed process: nobody listens, and connections that were open are not."""
        self.shutdown()
        self.server_close()
        for handler in list(self.open):
            handler.cut()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self)

    def finish(self) -> None:
        self.server.open.discard(self)
        super().finish()

    def cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def handle_any(self) -> None:
        length = len(self._body())
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = {"method": self.command, "path": self.path, "headers": headers, "length": length}
        self.server.seen.append(seen)
        if self.server.broken > 0:
            self.server.broken -= 1
            self.cut()
        elif self.path == "/auth/check" and self.server.decide:
            status, said = self.server.decide(headers)
            self.answer(status, headers=said)
        elif self.path.endswith("/events"):
            self.stream()
        elif self.path.endswith("/large"):
            self.answer(200, bytes(LARGE))
        else:
            self.answer(200, json.dumps({**seen, "service": self.server.name}).encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 -- http.server's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
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


def refusal(status: int, code: str, **headers: str) -> Answer:
    """As the gateway refuses."""
    problem = json.dumps({"status": status, "code": code, "detail": "不行"})
    said = {"X-Edge-Status": str(status), "X-Edge-Problem": problem, "Content-Language": "zh-CN"}
    return 403, {**said, **{name.replace("_", "-"): value for name, value in headers.items()}}


REFUSALS = {
    "Bearer revoked": refusal(401, "session_ended", WWW_Authenticate='Bearer realm="tonglu"'),
    "Bearer poor": refusal(403, "permission_missing"),
    "Bearer lost": refusal(404, "no_such_path"),
    "Bearer odd": refusal(405, "method_not_allowed", Allow="GET, POST"),
    "Bearer hasty": refusal(429, "rate_limited", Retry_After="7", RateLimit='"minute";r=0;t=7'),
    "Bearer unlucky": refusal(500, "internal_error"),
    "Bearer early": refusal(503, "service_starting", Retry_After="2"),
    "Bearer ill": (500, {}),
    "too long": refusal(401, "token_invalid"),
}


@dataclass
class Gateway:
    """Decides by the words of the credential, and keeps every question."""

    asked: list[dict[str, str]] = field(default_factory=list)
    seconds: int = 1

    def __call__(self, question: dict[str, str]) -> Answer:
        self.asked.append(question)
        credential = question.get("authorization") or question.get("x-api-key", "")
        method, path = question["x-original-method"], question["x-original-uri"]
        if credential in REFUSALS:
            return REFUSALS[credential]
        if credential == "Bearer reader" and method != "GET":
            return REFUSALS["Bearer poor"]
        if credential == "Bearer customers only" and not path.startswith("/v1/customers"):
            return REFUSALS["Bearer poor"]
        if credential == "at home" and question["x-forwarded-for"] != "127.0.0.1":
            return REFUSALS["Bearer poor"]
        owner = next((name for prefix, name in OWNERS.items() if path.startswith(prefix)), "customer-svc")
        said = {"X-Service": owner, "X-Accel-Expires": str(self.seconds), "Cache-Control": "no-store"}
        if credential:
            said |= {"X-Internal-Token": f"token-for-{credential}", "RateLimit": '"minute";r=9;t=7'}
        return 200, said
