"""The deployed system, from outside and inside: one story, and what happens when somebody cheats or dies."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.edge.system import PASSWORD, System, system

from shared.auth.tokens import HEADER
from shared.testing import as_principal, staff

pytestmark = [pytest.mark.slow, pytest.mark.rabbit, pytest.mark.timeout(300)]
PATHS = {
    "customer-svc": "/v1/customers",
    "interaction-svc": "/v1/complaints",
    "scoring-svc": "/v1/scores",
    "notify-svc": "/v1/inbox",
    "gateway": "/v1/auth/me",
}


@pytest.fixture(scope="session")
async def deployed_system(
    service_database: Any, amqp_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    async with system(service_database, amqp_url, tmp_path_factory.mktemp("system")) as there:
        yield there


@pytest.fixture(scope="session")
async def admin(deployed_system: System) -> AsyncIterator[httpx.AsyncClient]:
    async with deployed_system.signed_in() as client:
        yield client


async def made(client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.is_success, (path, answer.status_code, answer.text)
    found: dict[str, Any] = answer.json()
    return found


async def read(client: httpx.AsyncClient, path: str, **query: str) -> Any:
    answer = await client.get(path, params=query)
    assert answer.is_success, (path, answer.status_code, answer.text)
    return answer.json()


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait until it is so; TimeoutError if that takes too long."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)


async def hired(client: httpx.AsyncClient, username: str, role: str) -> str:
    account = {"username": username, "display_name": username, "password": PASSWORD, "roles": [role]}
    return str((await made(client, "/v1/staff", account))["id"])


async def a_customer(client: httpx.AsyncClient, **more: str) -> str:
    body = {"name": "苏州河畔茶行", "kind": "organisation", **more}
    return str((await made(client, "/v1/customers", body))["id"])


async def test_a_story_passes_through_every_service(
    deployed_system: System, admin: httpx.AsyncClient
) -> None:
    person = await hired(admin, "chen.jing", "service")
    await made(admin, "/v1/channels", {"code": "webshop", "name": "网上商城", "kind": "online_shop"})
    customer = await a_customer(admin)
    order = {
        "customer_id": customer,
        "order_no": "SO-1",
        "channel": "webshop",
        "ordered_at": "2026-01-05T08:00:00Z",
        "amount": {"amount_minor": 80_000, "currency": "CNY"},
    }
    await made(admin, "/v1/orders", order)
    async with deployed_system.signed_in("chen.jing") as handler:
        async with handler.stream("GET", "/v1/inbox/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told = asyncio.create_task(first_item(stream))
            await a_complaint(admin, customer, person)
            item = await asyncio.wait_for(told, 60)
        assert item["subject_code"] == "complaint.handle"
        assert (await read(handler, "/v1/inbox"))["data"][0]["id"] == item["id"]

    async def everybody_knows() -> bool:
        profile = await read(admin, f"/v1/customers/{customer}/profile")
        return set(profile["parts"].values()) == {"ok"} and len(profile["open_complaints"]) == 1

    await eventually(everybody_knows)


async def a_complaint(client: httpx.AsyncClient, customer: str, owner: str) -> None:
    body = {"customer_id": customer, "channel": "email", "category": "delivery", "severity": "high"}
    complaint = await made(client, "/v1/complaints", {**body, "subject": "到货延迟"})
    await made(client, f"/v1/complaints/{complaint['id']}/assign", {"owner_id": owner})


async def first_item(stream: httpx.Response) -> dict[str, Any]:
    async for line in stream.aiter_lines():
        if line.startswith("data:"):
            found: dict[str, Any] = json.loads(line.removeprefix("data:"))
            return found
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize("service", PATHS)
async def test_inside_only_a_token_for_this_service_is_believed(
    deployed_system: System, admin: httpx.AsyncClient, service: str
) -> None:
    bearer = {"Authorization": admin.headers["Authorization"]}
    other = "gateway" if service == "scoring-svc" else "scoring-svc"
    tokens = {name: await internal_token(deployed_system, bearer, name) for name in (service, other)}
    refused = (
        {},
        bearer,
        {"X-API-Key": "tl_live_abcdefghijkl_0123456789abcdef0123456789abcdef_00000000"},
        {"X-Auth-User": "admin", "X-Internal-Roles": "admin", "X-Forwarded-For": "127.0.0.1"},
        as_principal(staff("admin"), service),
        {HEADER: bearer["Authorization"].removeprefix("Bearer ")},
        {HEADER: tokens[other]},
        {HEADER: tokens[service][:-4] + "AAAA"},
        {"Cookie": f"{HEADER}={tokens[service]}"},
    )
    async with deployed_system.inside(service) as client:
        for headers in refused:
            answer = await client.get(PATHS[service], headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        believed = await client.get(PATHS[service], headers={HEADER: tokens[service]})
        assert believed.status_code == 200, believed.text


async def internal_token(there: System, shown: dict[str, str], service: str) -> str:
    """What the edge would be given for this service."""
    asked = {"X-Original-Method": "GET", "X-Original-URI": PATHS[service], **shown}
    async with there.inside("gateway") as client:
        answer = await client.get("/auth/check", headers=asked)
        assert (answer.status_code, answer.headers["x-service"]) == (200, service)
        return answer.headers[HEADER]


async def test_from_outside_no_claim_makes_anybody_somebody(deployed_system: System) -> None:
    claims = {
        **as_principal(staff("admin"), "customer-svc"),
        "X-Auth-User": "admin",
        "X-Forwarded-For": "127.0.0.1",
        "X-Original-URI": "/docs",
    }
    async with deployed_system.client(**claims) as client:
        for path in PATHS.values():
            assert (await client.get(path)).status_code == 401
        for path in ("/auth/check", "/internal/jwks.json", "/internal/tokens", "/metrics"):
            assert (await client.get(path)).status_code == 404
        assert (await client.get("/internal/interactions")).status_code == 404
        for deed in ("load", "withdraw"):
            assert (await client.post(f"/internal/interactions/{deed}", json={})).status_code == 404


async def test_tokens_are_exchanged_inside_only(deployed_system: System, admin: httpx.AsyncClient) -> None:
    shown = {"Authorization": admin.headers["Authorization"]}
    token = await internal_token(deployed_system, shown, "customer-svc")
    body = {"token": token, "audience": "interaction-svc"}
    async with deployed_system.inside("gateway") as client:
        answer = await client.post("/internal/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    answer = await admin.post("/internal/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_path")


async def test_who_signs_out_is_out_everywhere_within_seconds(
    deployed_system: System, admin: httpx.AsyncClient
) -> None:
    await hired(admin, "zhao.min", "analyst")
    async with deployed_system.signed_in("zhao.min") as client:
        for path in PATHS.values():
            assert (await client.get(path)).status_code == 200
        assert (await client.post("/v1/auth/logout-all")).is_success
        async with asyncio.timeout(5):
            for path in PATHS.values():
                while (await client.get(path)).status_code != 401:  # noqa: ASYNC110 - only asking can tell
                    await asyncio.sleep(0.1)


async def test_readers_do_not_notice_that_one_of_two_processes_is_killed(
    deployed_system: System, admin: httpx.AsyncClient
) -> None:
    path, stop = f"/v1/customers/{await a_customer(admin)}", asyncio.Event()

    async def reading() -> list[int | None]:
        statuses: list[int | None] = []
        while not stop.is_set():
            try:
                statuses.append((await admin.get(path)).status_code)
            except httpx.RemoteProtocolError:
                statuses.append(None)
        return statuses

    readers = [asyncio.create_task(reading()) for _ in range(4)]
    before = await a_customer(admin, code=f"C-{uuid4().hex[:8]}")
    deployed_system.apis["customer-svc"][1].process.kill()
    await eventually(lambda: is_dead(deployed_system))
    assert (await admin.get(f"/v1/customers/{before}")).status_code == 200
    for _ in range(20):
        await a_customer(admin)
    stop.set()
    statuses = [status for each in await asyncio.gather(*readers) for status in each]
    # An answer that had begun when its process died is cut off: nobody can ask for the rest of it.
    assert statuses.count(None) <= len(readers)
    assert set(statuses) - {None} == {200}
    assert len(statuses) > 20


async def is_dead(there: System) -> bool:
    return there.apis["customer-svc"][1].process.poll() is not None


async def test_what_services_answer_counts_against_the_plan(admin: httpx.AsyncClient) -> None:
    def left_today(answer: httpx.Response) -> int:
        return int(answer.headers["ratelimit"].partition('"day";r=')[2].partition(";")[0])

    before = left_today(await admin.get("/v1/channels"))
    for path in PATHS.values():
        for _ in range(4):
            assert (await admin.get(path)).is_success

    async def reported() -> bool:
        return left_today(await admin.get("/v1/channels")) <= before - 4 * len(PATHS)

    await eventually(reported)
    summary = await read(admin, "/v1/usage", kind="staff")
    assert summary["data"][0]["calls"] > 0
