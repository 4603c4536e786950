"""The door itself: what passes, what is stripped, and that nothing is held back."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog

from gateway.routing.edge import Edge
from gateway.routing.headers import taken_apart
from shared.auth.tokens import HEADER
from shared.testing import as_principal, staff

OPERATION = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3"


async def test_a_request_reaches_its_service_in_the_callers_name(world: Any) -> None:
    account = await world.hired("anna", "sales")
    headers = await world.bearer("anna")
    for path, service in (
        ("/v1/customers/7", "customer-svc"),
        ("/v1/customers/7/timeline", "interaction-svc"),
        ("/v1/scores/7", "scoring-svc"),
        (f"/v1/operations/{OPERATION}4", "notify-svc"),
    ):
        told = (await world.client.get(path, headers=headers)).json()
        assert (told["service"], told["id"], told["roles"]) == (service, account["id"], ["sales"])


async def test_spoofed_headers_have_no_effect(world: Any) -> None:
    spoofed = {
        "X-Auth-User": "admin",
        "X-Internal-Roles": "admin",
        "X_Internal_Token": "forged",
        "X-Authenticated-User": "admin",
        "X-Service": "gateway",
        "Connection": "X-Internal-Token, X-Forwarded-For",
        "X-Real-IP": "10.0.0.1",
        "X-Original-URI": "/v1/auth/token",
        "Forwarded": "for=10.0.0.1",
        "X-API-Key": "tl_live_1",
        "Cookie": "session=1",
        **as_principal(staff("admin"), "customer-svc"),
    }
    assert (await world.client.get("/v1/customers/7", headers=spoofed)).status_code == 401
    del spoofed["X-API-Key"]
    await world.hired("anna", "sales")
    told = (
        await world.client.get("/v1/customers/7", headers={**spoofed, **await world.bearer("anna")})
    ).json()
    assert told["roles"] == ["sales"]
    assert not {name.lower() for name in spoofed} & (set(told["headers"]) - {HEADER})
    assert "authorization" not in told["headers"]
    assert told["headers"][HEADER] != spoofed[HEADER]


async def test_an_internal_token_of_the_wrong_audience_is_worth_nothing(world: Any) -> None:
    await world.hired("anna", "sales")
    told = (await world.client.get("/v1/customers/7", headers=await world.bearer("anna"))).json()
    token = {HEADER: told["headers"][HEADER]}
    other = httpx.ASGITransport(app=world.neighbours["scoring-svc"].asgi)
    async with httpx.AsyncClient(transport=other, base_url="http://scoring") as direct:
        assert (await direct.get("/v1/scores/7", headers=token)).status_code == 401
        assert (await direct.get("/v1/scores/7")).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/auth/check",
        "/internal/jwks.json",
        "/internal/tokens",
        "/internal/interactions",
        "/metrics",
        "/v1/nothing",
        "/v1/customers/",
        "//v1/staff",
        "/docs/",
    ],
)
async def test_what_is_not_published_is_not_there(world: Any, path: str) -> None:
    answer = await world.client.get(httpx.URL(f"http://edge{path}"), headers=await world.bearer())
    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_path"
    assert answer.headers["x-request-id"]


async def test_no_token_is_exchanged_at_the_edge(world: Any) -> None:
    body = {"token": "any", "audience": "interaction-svc"}
    for headers in ({}, await world.bearer()):
        answer = await world.client.post("/internal/tokens", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_path")


@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_method_that_is_not_published_is_told_which_are(world: Any, signed_in: bool) -> None:
    headers = await world.bearer() if signed_in else {}
    answer = await world.client.delete("/v1/staff", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


async def test_a_permission_that_is_missing_is_noticed_at_the_door(world: Any) -> None:
    await world.hired("anna", "sales")
    answer = await world.client.get("/v1/staff", headers=await world.bearer("anna"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    assert "staff:read" in answer.json()["detail"]


async def test_public_paths_need_nobody(world: Any) -> None:
    for path in (
        "/livez",
        "/readyz",
        "/version",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/asyncapi.json",
        "/events-docs",
        "/.well-known/jwks.json",
    ):
        assert (await world.client.get(path)).status_code == 200, path
    keys = (await world.client.get("/.well-known/jwks.json")).json()["keys"]
    assert all("d" not in key for key in keys)


async def test_readiness_is_that_of_all_services(world: Any) -> None:
    assert (await world.client.get("/readyz")).json()["services"]["scoring-svc"]
    world.neighbours["scoring-svc"].is_ready = False
    answer = await world.client.get("/readyz")
    assert answer.status_code == 200
    world.neighbours["scoring-svc"].asgi._app = None
    broken = await world.client.get("/readyz")
    world.neighbours["scoring-svc"].asgi._app = world.neighbours["scoring-svc"].app
    assert broken.status_code == 503
    assert broken.json()["services"] == {
        "customer-svc": True,
        "gateway": True,
        "interaction-svc": True,
        "notify-svc": True,
        "scoring-svc": False,
    }


def scope_of(path: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("edge", 80),
        "scheme": "http",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
        "root_path": "",
    }


async def test_a_stream_passes_piece_by_piece(world: Any) -> None:
    neighbour = world.neighbours["notify-svc"]
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    given: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    given.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    scope = scope_of("/v1/notify-svc/drip", await world.bearer())
    running = asyncio.create_task(world.edge(scope, given.get, sent.put))
    assert (await sent.get())["status"] == 200
    assert b'"number":1' in (await sent.get())["body"]
    assert not running.done()
    neighbour.more.set()
    assert b'"number":2' in (await sent.get())["body"]
    await running


async def test_only_so_many_requests_of_a_credential_are_open_at_once(world: Any) -> None:
    neighbour = world.neighbours["notify-svc"]
    apps = {**{name: each.asgi for name, each in world.neighbours.items()}, "gateway": world.gateway.asgi}
    edge = Edge(world.gateway.check, apps, most_open=2)
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = scope_of("/v1/notify-svc/drip", await world.bearer())

    def given() -> Any:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        queue.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        return queue.get

    streams = [asyncio.create_task(edge(scope, given(), sent.put)) for _ in range(2)]
    for _ in range(4):
        await sent.get()
    refused: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await edge(scope, given(), refused.put)
    answer = await refused.get()
    assert (answer["status"], dict(answer["headers"])[b"retry-after"]) == (429, b"1")
    assert json.loads((await refused.get())["body"])["code"] == "too_many_open"
    await edge(scope_of("/openapi.json", {}), given(), refused.put)
    assert (await refused.get())["status"] == 200
    neighbour.more.set()
    await asyncio.gather(*streams)
    last: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await edge(scope, given(), last.put)
    assert (await last.get())["status"] == 200


async def test_an_upload_passes_piece_by_piece(world: Any) -> None:
    got: asyncio.Queue[int] = asyncio.Queue()

    async def count(request: Any) -> dict[str, str]:
        async for chunk in request.stream():
            await got.put(len(chunk))
        return {"upload": "whole"}

    world.neighbours["customer-svc"].answer = count
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    given: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = scope_of("/v1/orders", await world.bearer())
    running = asyncio.create_task(world.edge(scope, given.get, sent.put))
    for size in (1000, 2000, 3000):
        await given.put({"type": "http.request", "body": b"x" * size, "more_body": True})
        assert await got.get() == size
    await given.put({"type": "http.request", "body": b"", "more_body": False})
    assert (await sent.get())["status"] == 200
    await running


class TestCheckOverHttp:
    """What nginx asks."""

    async def ask(self, world: Any, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        asked = {"X-Original-Method": method, "X-Original-URI": path, **headers}
        transport = httpx.ASGITransport(app=world.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as direct:
            return await direct.get("/auth/check", headers=asked)

    async def test_the_token_it_hands_out_is_believed_by_the_service(self, world: Any) -> None:
        answer = await self.ask(world, "/v1/customers/7?limit=1", **await world.bearer())
        assert answer.status_code == 200
        assert answer.headers["x-service"] == "customer-svc"
        transport = httpx.ASGITransport(app=world.neighbours["customer-svc"].asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://customer") as direct:
            told = await direct.get("/v1/customers/7", headers={HEADER: answer.headers[HEADER]})
        assert told.json()["roles"] == ["admin"]

    async def test_only_a_refusal_is_logged_here(self, world: Any) -> None:
        bearer = await world.bearer()
        with structlog.testing.capture_logs() as logs:
            assert (await self.ask(world, "/v1/customers/7", **bearer)).status_code == 200
            assert "request" not in {entry["event"] for entry in logs}
            assert (await self.ask(world, "/v1/customers/7")).status_code == 403
        assert [entry["status"] for entry in logs if entry["event"] == "request"] == [403]

    async def test_a_public_path_gets_no_token(self, world: Any) -> None:
        answer = await self.ask(world, "/v1/auth/token", "POST")
        assert (answer.status_code, answer.headers["x-service"]) == (200, "gateway")
        assert HEADER not in answer.headers

    async def test_a_refusal_is_a_403_whose_headers_say_everything(self, world: Any) -> None:
        asked = {"Accept-Language": "zh-CN", "X-Request-Id": "request-0001"}
        answer = await self.ask(world, "/v1/customers/7", **asked)
        assert (answer.status_code, answer.headers["x-edge-status"]) == (403, "401")
        assert answer.headers["www-authenticate"]
        assert answer.headers["x-edge-problem"].isascii()
        assert json.loads(answer.headers["x-edge-problem"]) == answer.json()
        assert (answer.json()["title"], answer.json()["request_id"]) == ("未登录", "request-0001")
        assert "x-accel-expires" not in answer.headers

    async def test_a_yes_says_for_how_long_it_may_be_kept(self, world: Any) -> None:
        answer = await self.ask(world, "/v1/customers/7", **await world.bearer())
        assert answer.headers["x-accel-expires"] == "1"

    async def test_nowhere_is_a_403_that_names_the_404(self, world: Any) -> None:
        for path in ("/v1/nothing", "/internal/jwks.json", "/internal/tokens", "", "%2Fv1%2Fcustomers%2F7"):
            answer = await self.ask(world, path, **await world.bearer())
            if path.startswith("%2F"):
                assert answer.headers["x-service"] == "customer-svc"
            else:
                assert (answer.status_code, answer.headers["x-edge-status"]) == (403, "404")

    async def test_the_method_counts(self, world: Any) -> None:
        await world.hired("anna", "sales")
        answers = [
            await self.ask(world, "/v1/staff", method, **await world.bearer("anna"))
            for method in ("GET", "PUT")
        ]
        assert [answer.headers["x-edge-status"] for answer in answers] == ["403", "405"]
        assert answers[1].headers["allow"] == "GET, POST"

    async def test_the_internal_keys_are_public_halves(self, world: Any) -> None:
        transport = httpx.ASGITransport(app=world.gateway.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as direct:
            keys = (await direct.get("/internal/jwks.json")).json()["keys"]
        assert keys
        assert all("d" not in key for key in keys)


@pytest.mark.parametrize(
    ("path", "passes"),
    [("/v1/auth/oidc/callback", True), ("/v1/auth/oidc", False), ("/v1/auth/me", False), ("/docs", False)],
)
def test_a_cookie_passes_only_for_signing_in_elsewhere(path: str, *, passes: bool) -> None:
    kept, _ = taken_apart(scope_of(path, {"Cookie": "round=trip"}), named="request-0001")
    assert (dict(kept).get(b"cookie") == b"round=trip") is passes


def test_two_credentials_of_a_kind_are_none() -> None:
    headers = [(b"x-api-key", b"one"), (b"x-api-key", b"two")]
    _, shown = taken_apart({**scope_of("/", {}), "headers": headers}, named="request-0001")
    assert shown.api_key == "one, two"


async def test_many_at_once_share_one_look_at_the_database(world: Any) -> None:
    headers = await world.bearer()
    answers = await asyncio.gather(
        *(world.client.get(f"/v1/customers/{uuid4()}", headers=headers) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["headers"][HEADER] for answer in answers}) == 1
