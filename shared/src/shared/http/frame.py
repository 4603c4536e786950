"""The outermost layer of a service: request id, trace, caller, load limit, access log, last resort."""

import re
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.tokens import HEADER, TokenVerifier
from shared.http.errors import answer as problem_answer
from shared.problems import Problem, TooLarge, Unauthenticated, Unavailable
from shared.telemetry.logs import where
from shared.telemetry.trace import child_of
from shared.usage import INNER, Tally

_ID = re.compile(rb"^[A-Za-z0-9._:-]{8,64}$")
_EXEMPT = ("/livez", "/readyz", "/version", "/metrics")
_PLAIN = b"text/plain; charset=utf-8"
_INNER = INNER.encode()
_log = structlog.get_logger()


class Frame:
    """Pure ASGI: costs a few microseconds where a BaseHTTPMiddleware costs hundreds."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        carried: Mapping[str, Any],
        verifier: TokenVerifier,
        max_in_flight: int,
        tally: Tally | None = None,
    ) -> None:
        self._app = app
        self._service = service
        self._carried = carried
        self._verifier = verifier
        self._max_in_flight = max_in_flight
        self.tally = tally or Tally()
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; nothing raised inside gets out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        state = scope["state"] = {
            **self._carried,
            **_identified(headers),
            "client": _client(scope, headers),
            "principal": None,
            "told_elsewhere": False,  # a handler says so of what is logged where it goes on to
        }
        # Bound for this call only: another service of this process may be calling, and goes on afterwards.
        with structlog.contextvars.bound_contextvars(
            service=self._service, request_id=state["request_id"], traceparent=state["traceparent"]
        ):
            await self._measured(scope, receive, send, headers)

    async def _measured(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]
    ) -> None:
        started = time.perf_counter()
        answer = _Answer(send, scope)
        self._in_flight += 1
        try:
            await self._handle(scope, receive, answer, headers)
        except Exception as error:  # noqa: BLE001 - the last resort: the answer was sent, the place is logged
            _log.error("failed", error=type(error).__name__, where=where(error.__traceback__))
        finally:
            self._in_flight -= 1
            self._note(scope, answer.status, started)
            if scope["state"]["principal"] is not None and _INNER not in headers:
                self.tally.count(scope["state"]["principal"], answer.status)

    async def _handle(
        self, scope: Scope, receive: Receive, answer: "_Answer", headers: dict[bytes, bytes]
    ) -> None:
        if self._in_flight > self._max_in_flight and scope["path"] not in _EXEMPT:
            refusal: Problem = Unavailable("overloaded", en="Too busy now.", zh="系统繁忙。", retry_after=1)
            await _refuse(refusal, scope, receive, answer)
            return
        token = headers.get(HEADER.encode())
        if token is not None:
            try:
                scope["state"]["principal"] = await self._verifier.verify(token.decode("latin-1"))
            except (Unauthenticated, Unavailable) as error:
                await _refuse(error, scope, receive, answer)
                return
        await self._app(scope, receive, answer)

    def _note(self, scope: Scope, status: int, started: float) -> None:
        if scope["path"] in _EXEMPT or scope["state"]["told_elsewhere"]:
            return
        route = scope.get("route")
        principal = scope["state"]["principal"]
        _log.info(
            "request",
            method=scope["method"],
            route=getattr(route, "path", None),
            status=status,
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
            principal=str(principal.id) if principal else None,
            principal_kind=principal.kind if principal else None,
        )


class _Answer:
    """Adds the request id to whatever is sent, remembers the status, rewords the framework's plain 413."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._scope = scope
        self._header = (b"x-request-id", scope["state"]["request_id"].encode())
        self._reworded = False
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if self._reworded:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), self._header]
            if self.status == TooLarge.status and (b"content-type", _PLAIN) in headers:
                await self._reword()
                return
            message["headers"] = headers
        await self._send(message)

    async def _reword(self) -> None:
        too_large = TooLarge(
            "body_too_large", en="The body is larger than allowed.", zh="请求体超过允许的大小。"
        )
        response = problem_answer(too_large, Request(self._scope))
        response.headers["X-Request-Id"] = self._scope["state"]["request_id"]
        await response(self._scope, _nothing, self._send)
        self._reworded = True


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _identified(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    given = headers.get(b"x-request-id", b"")
    request_id = given.decode() if _ID.match(given) else uuid4().hex
    return {
        "request_id": request_id,
        "traceparent": child_of(headers.get(b"traceparent", b"").decode("latin-1")),
    }


def _client(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """The client's address: what our own nginx says of it, or whose connection it is without one."""
    told = headers.get(b"x-forwarded-for")
    if told is not None:
        return told.decode("latin-1")
    client = scope.get("client")
    return client[0] if client else ""


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:

    await problem_answer(problem, Request(scope))(scope, receive, send)
