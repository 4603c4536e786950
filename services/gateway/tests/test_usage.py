"""Use: counted where it is answered, reported, written by the hour, and shown to whom it concerns."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import Gateway, build
from gateway.limits.warden import Client
from gateway.usage import commands, domain
from gateway.usage.domain import Counts
from shared.auth import signatures
from shared.messaging.local import LocalBus
from shared.usage import reports
from shared.usage.tally import Use

from .keys import made, shown

Headers = dict[str, str]
SECRET = b"of both"


@pytest.fixture
async def apart(world: Any, settings: Any) -> AsyncIterator[Gateway]:
    """A gateway behind a cache, to which services report; nothing runs in it but what a test calls."""
    told = settings.model_copy(update={"usage_secret": SecretStr(SECRET.decode())})
    gateway = build(told, LocalBus(), clients={}, clock=world.clock)
    await gateway.database.open()
    yield gateway
    await gateway.database.close()


async def report(gateway: Gateway, body: bytes, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=gateway.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.post(reports.PATH, content=body, headers=headers)


def of(gateway: Gateway, part: str) -> Any:
    return gateway.asgi._carried[part]


async def test_a_report_binds_the_next_check_and_is_written_down(
    world: Any, admin: Headers, apart: Gateway
) -> None:
    key = await made(world, admin)
    client = Client(UUID(key["id"]))
    await of(apart, "warden").ready()
    assert of(apart, "warden").admit(client)["RateLimit"].startswith('"minute";r=100;')
    body = reports.written([Use(client.credential, "partner", frozenset(), 60, 3, 1)])
    signed = signatures.signed(SECRET, body, int(world.clock().timestamp()))
    assert (await report(apart, body, **signed)).status_code == 204
    left = of(apart, "warden").admit(client)["RateLimit"].split(";")[1]
    assert 40 <= int(left[2:]) <= 60
    await of(apart, "collector").write()
    page = (await world.client.get(f"/v1/api-keys/{key['id']}/usage", headers=admin)).json()
    assert page["total"] == {"calls": 60, "client_errors": 3, "server_errors": 1, "limited": 0}
    assert page["last_used_at"]


async def test_a_report_that_is_not_signed_is_not_heard(world: Any, apart: Gateway) -> None:
    body = reports.written([Use(uuid4(), "staff", frozenset({"sales"}), 1)])
    now = int(world.clock().timestamp())
    for headers in (
        {},
        signatures.signed(b"another", body, now),
        signatures.signed(SECRET, body, now - 3600),
    ):
        assert (await report(apart, body, **headers)).json()["code"] == "report_not_believed"
    nonsense = await report(apart, b"{}", **signatures.signed(SECRET, b"{}", now))
    assert (nonsense.status_code, nonsense.json()["code"]) == (400, "not_a_report")
    assert (await report(world.gateway, body, **signatures.signed(SECRET, body, now))).status_code == 401
    published = await world.client.post(
        reports.PATH, content=body, headers=signatures.signed(SECRET, body, now)
    )
    assert published.status_code == 404


async def test_behind_a_cache_the_gateways_own_answers_count_against_the_plan(
    world: Any, apart: Gateway
) -> None:
    await world.hired("anna", "analyst")
    transport = httpx.ASGITransport(app=apart.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        bearer = await world.bearer("anna")
        asked = {"X-Original-Method": "GET", "X-Original-URI": "/v1/auth/me", **bearer}
        first = await client.get("/auth/check", headers=asked)
        inner = {"x-internal-token": first.headers["x-internal-token"]}
        assert [(await client.get("/v1/auth/me", headers=inner)).status_code for _ in range(5)] == [200] * 5
        of(apart, "collector").gather()
        second = await client.get("/auth/check", headers=asked)
    assert [answer.headers["ratelimit"].split(";")[1] for answer in (first, second)] == ["r=200", "r=195"]
    assert first.headers["x-accel-expires"] == "1"


async def test_what_nobody_signed_for_is_asked_for_each_time(world: Any, apart: Gateway) -> None:
    transport = httpx.ASGITransport(app=apart.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        asked = {
            "X-Original-Method": "GET",
            "X-Original-URI": "/openapi.json",
            "X-Forwarded-For": "192.0.2.5",
        }
        left = [await client.get("/auth/check", headers=asked) for _ in range(2)]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in left] == ["r=199", "r=198"]
    assert {answer.headers["x-accel-expires"] for answer in left} == {"0"}


async def test_the_page_of_a_key_shows_its_calls_its_errors_and_its_limits(
    world: Any, admin: Headers
) -> None:
    key = await made(world, admin)
    for path, status in (("/v1/customers/7", 200), ("/v1/customers/7", 200), ("/v1/customers/7?x=1", 400)):
        assert (await shown(world, key["key"], path)).status_code == status
    await of(world.gateway, "collector").write()
    answer = await world.client.get(f"/v1/api-keys/{key['id']}/usage?granularity=day", headers=admin)
    page = answer.json()
    assert page["total"] == {"calls": 3, "client_errors": 1, "server_errors": 0, "limited": 0}
    (day,) = page["data"]
    assert day.items() >= page["total"].items()
    assert day["begins_at"].endswith("T00:00:00Z")
    assert page["limits"].items() >= {"plan": "partner", "burst": 100, "left_today": 50_000 - 3}.items()
    assert 97 <= page["limits"]["left"] <= 100


async def test_refusals_are_shown_and_are_no_calls(world: Any, admin: Headers) -> None:
    await world.client.post(
        "/v1/plans",
        json={"code": "one", "name": "One", "requests_per_minute": 1, "burst": 1},
        headers=admin,
    )
    key = await made(world, admin, plan="one")
    await of(world.gateway, "warden")._plans.refresh(now=True)
    assert [(await shown(world, key["key"])).status_code for _ in range(4)] == [200, 429, 429, 429]
    await of(world.gateway, "collector").write()
    page = (await world.client.get(f"/v1/api-keys/{key['id']}/usage", headers=admin)).json()
    assert page["total"] == {"calls": 1, "client_errors": 0, "server_errors": 0, "limited": 3}
    assert (page["limits"]["left"], page["limits"]["plan"]) == (0, "one")


async def test_the_summary_names_who_called_most(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    for _ in range(9):
        await shown(world, key["key"])
    await of(world.gateway, "collector").write()
    found = (await world.client.get("/v1/usage", headers=admin)).json()["data"]
    assert (found[0]["credential_id"], found[0]["kind"], found[0]["calls"]) == (key["id"], "partner", 9)
    assert [row["calls"] for row in found] == sorted((row["calls"] for row in found), reverse=True)
    staff = (await world.client.get("/v1/usage?kind=staff&limit=1", headers=admin)).json()["data"]
    assert [row["kind"] for row in staff] == ["staff"]


async def test_use_is_shown_to_whom_it_concerns_only(world: Any, admin: Headers) -> None:
    key = await made(world, admin)
    await world.hired("anna", "sales")
    await world.hired("mara", "manager")
    page = f"/v1/api-keys/{key['id']}/usage"
    assert (await world.client.get(page, headers=await world.bearer("anna"))).status_code == 403
    assert (await world.client.get("/v1/usage", headers=await world.bearer("mara"))).status_code == 403
    assert (await world.client.get(f"/v1/api-keys/{uuid4()}/usage", headers=admin)).status_code == 404


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "?to", "span_empty"),
        ("from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", "?from", "span_too_long"),
        ("from=2020-01-01T00:00:00Z&to=2026-03-01T00:00:00Z&granularity=day", "?from", "span_too_long"),
        ("granularity=minute", "?granularity", "not_a_choice"),
    ],
)
async def test_a_time_that_cannot_be_shown_is_refused(
    world: Any, admin: Headers, query: str, pointer: str, code: str
) -> None:
    key = await made(world, admin)
    answer = await world.client.get(f"/v1/api-keys/{key['id']}/usage?{query}", headers=admin)
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)


async def test_hours_add_up_to_days_and_old_ones_are_cleared_away(world: Any, admin: Headers) -> None:
    key = UUID((await made(world, admin))["id"])
    hour = domain.hour_of(world.clock()).replace(hour=0) - timedelta(days=2)
    counted = {
        (key, hour + timedelta(hours=after)): Counts("partner", calls=after + 1, limited=1, last_at=hour)
        for after in (0, 5, 23, 24)
    }
    for _ in range(2):
        async with world.gateway.database.begin() as tx:
            await commands.add(tx, counted)
    page = (await world.client.get(f"/v1/api-keys/{key}/usage?granularity=day", headers=admin)).json()
    assert [(day["calls"], day["limited"]) for day in page["data"]] == [(62, 6), (50, 2)]
    async with world.gateway.database.begin() as tx:
        await commands.forget(tx, hour + timedelta(hours=24))
    page = (await world.client.get(f"/v1/api-keys/{key}/usage?granularity=day", headers=admin)).json()
    assert [day["calls"] for day in page["data"]] == [50]


async def test_a_profile_is_one_call_however_many_services_are_asked(world: Any) -> None:
    account = await world.hired("anna", "sales")
    headers = await world.bearer("anna")
    await world.client.get(f"/v1/customers/{uuid4()}/profile", headers=headers)
    await of(world.gateway, "collector").write()
    async with world.gateway.database.read() as db:
        calls = await db.connection.fetchval(
            "SELECT sum(calls) FROM usage_hour WHERE credential = $1", UUID(account["id"])
        )
    assert calls == 1
