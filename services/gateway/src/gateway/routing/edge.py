"""The embedded edge: strips what outsiders may not say, decides, and hands over to the mounted service."""

import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from uuid import uuid4

import httpx
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.check import Check, Credentials
from shared.auth.tokens import HEADER
from shared.http.errors import answer, internal_error
from shared.http.health import findings
from shared.problems import Problem

_STRIPPED = (b"x-internal-", b"x-auth-", b"x-forwarded-", b"x-original-", b"x-edge-")
_STRIPPED_WHOLE = frozenset({b"forwarded", b"x-real-ip", b"authorization", b"x-api-key", b"cookie"})
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._:-]{8,64}$")
_READING = ("GET", "HEAD")
_TOKEN_HEADER = HEADER.encode()
_log = structlog.get_logger()


class Edge:
    """A pure ASGI app in front of the services of one process.

    Nothing is buffered: `receive` and `send` go to the service as they are. Credentials end here; the
    service sees the internal token only. `/readyz` answers for all services together.
    """

    def __init__(self, check: Check, apps: Mapping[str, ASGIApp]) -> None:
        self._check = check
        self._apps = dict(apps)

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
        kept, shown = _taken_apart(scope["headers"])
        try:
            allowed = await self._check(scope["path"], shown)
        except Problem as problem:
            await _refuse(problem, scope, receive, send)
            return
        except Exception as error:  # noqa: BLE001 - the door answers, whatever fails behind it
            _log.error("check_failed", error=type(error).__name__)
            await _refuse(internal_error(), scope, receive, send)
            return
        if allowed.token is not None:
            kept.append((_TOKEN_HEADER, allowed.token.encode()))
        await self._apps[allowed.service]({**scope, "headers": kept}, receive, send)

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        told: dict[str, bool] = {}
        checks = {name: partial(_is_ready, name, app, told) for name, app in self._apps.items()}
        services = await findings(checks)
        ready = all(services.values())
        body = {"status": "ready" if ready else "not ready", "services": services, "checks": told}
        headers = {"X-Request-Id": _request_id(scope), **({} if ready else {"Retry-After": "2"})}
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


def _taken_apart(headers: list[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], Credentials]:
    """The headers that may go on, and the credentials among those that may not."""
    kept = []
    shown: dict[bytes, str] = {}
    for name, value in headers:
        if name in _STRIPPED_WHOLE:
            shown.setdefault(name, value.decode("latin-1"))
        elif not name.startswith(_STRIPPED):
            kept.append((name, value))
    return kept, Credentials(shown.get(b"authorization"), shown.get(b"x-api-key"))


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    request_id = _request_id(scope)
    _log.info(
        "refused", method=scope["method"], status=problem.status, code=problem.code, request_id=request_id
    )
    response = answer(problem, Request({**scope, "state": {"request_id": request_id}}))
    response.headers["X-Request-Id"] = request_id
    await response(scope, receive, send)


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.match(given) else uuid4().hex
