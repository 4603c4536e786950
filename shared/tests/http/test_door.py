"""The door: permissions, deadlines, versions, and commit before the answer."""

import asyncio
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import text
from starlette.types import Message

from shared.auth.tokens import TokenVerifier
from shared.http import Router
from shared.http.frame import Frame
from shared.testing.clients import as_principal, jwks, staff

from .conftest import Tiny


async def test_nobody_is_asked_to_sign_in(tiny: Tiny) -> None:
    async with tiny.client() as client:
        answer = await client.get("/v1/things")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_role_without_the_permission_is_refused(tiny: Tiny) -> None:
    async with tiny.client("analyst") as client:
        answer = await client.post("/v1/things", json={"name": "a"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_missing"


def test_a_route_without_a_declared_permission_cannot_be_made() -> None:
    async def nothing() -> None: ...

    with pytest.raises(TypeError, match="needs"):
        Router().get("/v1/open")(nothing)


async def test_the_row_is_committed_before_the_answer_begins(tiny: Tiny) -> None:
    seen: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            async with tiny.database.read() as reader:
                seen.append(await reader.value(text("SELECT count(*) FROM thing")))

    body = b'{"name": "a"}'
    headers = {**as_principal(staff("manager"), "tiny"), "content-type": "application/json"}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/things",
        "raw_path": b"/v1/things",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("tiny", 80),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    await tiny.frame(scope, receive, send)
    assert seen == [1]


async def test_what_takes_longer_than_the_deadline_is_given_up(tiny: Tiny) -> None:
    async with tiny.client() as client:
        answer = await client.get("/v1/moment")
    assert answer.status_code == 503
    assert answer.json()["code"] == "deadline"
    assert answer.headers["retry-after"]


async def test_more_requests_than_a_process_can_hold_are_turned_away(tiny: Tiny) -> None:
    frame = Frame(
        tiny.app,
        service="tiny",
        carried={"database": tiny.database, "sealer": None, "request_seconds": 0.2},
        verifier=TokenVerifier("tiny", jwks=jwks()),
        max_in_flight=2,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=frame), base_url="http://tiny") as client:
        answers = await asyncio.gather(*(client.get("/v1/moment") for _ in range(5)))
    codes = sorted(answer.json()["code"] for answer in answers)
    assert codes == ["deadline", "deadline", "overloaded", "overloaded", "overloaded"]


async def test_a_change_needs_the_version_that_was_read(manager: httpx.AsyncClient) -> None:
    path = (await manager.post("/v1/things", json={"name": "a"})).headers["location"]
    etag = (await manager.get(path)).headers["etag"]
    assert (await manager.patch(path)).status_code == 428
    assert (await manager.patch(path, headers={"If-Match": '"v9"'})).status_code == 412
    assert (await manager.patch(path, headers={"If-Match": "v1"})).status_code == 400
    assert (await manager.patch(path, headers={"If-Match": etag})).status_code == 200
    assert (await manager.patch(path, headers={"If-Match": etag})).status_code == 412


async def test_a_caller_in_the_same_process_keeps_its_own_trace(tiny: Tiny) -> None:
    with structlog.contextvars.bound_contextvars(service="caller", request_id="r-caller"):
        async with tiny.client("manager") as client:
            await client.get("/v1/things")
        bound = structlog.contextvars.get_contextvars()
    assert (bound["service"], bound["request_id"], "traceparent" in bound) == ("caller", "r-caller", False)
