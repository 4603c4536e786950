"""The embedded edge: strips what outsiders may not say, decides, and hands over to the mounted service."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus

import httpx
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.check import Allowed, Check, Credentials
from gateway.routing.crowd import MOST_OPEN, Crowd
from gateway.routing.headers import refuse_oversized, request_id, taken_apart
from shared.auth.tokens import HEADER
from shared.http.errors import answer, internal_error
from shared.http.health import findings
from shared.problems import Problem

_READING = ("GET", "HEAD")
_TOKEN_HEADER = HEADER.encode()
_log = structlog.get_logger()


class Edge:
    """A pure ASGI app in front of the services of one process.

    Nothing is buffered: `receive` and `send` go to the service as they are. Credentials end here; the
    service sees the internal token only. `/readyz` answers for all services together.
    """

    def __init__(self, check: Check, apps: Mapping[str, ASGIApp], *, most_open: int = MOST_OPEN) -> None:
        self._check = check
        self._apps = dict(apps)
        self._crowd = Crowd(most_open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event of the server."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["path"] == "/readyz" and scope["method"] in _READING:
            await self._ready(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = request_id(scope)
        kept, shown = taken_apart(scope, named=named)
        with ExitStack() as stack:
            try:
                allowed = await self._let_in(scope, shown, stack)
            except Problem as problem:
                await _refuse(problem, named, scope, receive, send)
                return
            except Exception as error:  # noqa: BLE001 - the door answers, whatever fails behind it
                _log.error("check_failed", error=type(error).__name__)
                await _refuse(internal_error(), named, scope, receive, send)
                return
            if allowed.token is not None:
                kept.append((_TOKEN_HEADER, allowed.token.encode()))
            onto = _adding(allowed.headers, send) if allowed.headers else send
            await self._apps[allowed.service]({**scope, "headers": kept}, receive, onto)

    async def _let_in(self, scope: Scope, shown: Credentials, stack: ExitStack) -> Allowed:
        refuse_oversized(scope)
        allowed = await self._check(scope["method"], scope["path"], shown)
        stack.enter_context(self._crowd.one_of(allowed.credential or shown.address))
        return allowed

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        told: dict[str, bool] = {}
        checks = {name: partial(_is_ready, name, app, told) for name, app in self._apps.items()}
        services = await findings(checks)
        ready = all(services.values())
        body = {"status": "ready" if ready else "not ready", "services": services, "checks": told}
        headers = {"X-Request-Id": request_id(scope), **({} if ready else {"Retry-After": "2"})}
        await JSONResponse(body, 200 if ready else 503, headers)(scope, receive, send)


async def _is_ready(name: str, app: ASGIApp, told: dict[str, bool]) -> bool:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client:
        answered = await client.get("/readyz")
    checks: dict[str, bool] = answered.json()["checks"]
    told.update({f"{name}.{check}": good for check, good in checks.items()})
    return answered.status_code == HTTPStatus.OK


async def _live(receive: Receive, send: Send) -> None:
    """The services are started and stopped by their launcher, not by the server."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


def _adding(headers: Mapping[str, str], send: Send) -> Send:
    """A `send` that puts these headers onto the answer."""
    added = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]

    async def onto(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *added]
        await send(message)

    return onto


async def _refuse(problem: Problem, named: str, scope: Scope, receive: Receive, send: Send) -> None:
    _log.info("refused", method=scope["method"], status=problem.status, code=problem.code, request_id=named)
    response = answer(problem, Request({**scope, "state": {"request_id": named}}))
    response.headers["X-Request-Id"] = named
    await response(scope, receive, send)
