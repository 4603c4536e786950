"""The profile: everything at once, and an honest answer when a part is away."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.responses import JSONResponse

from gateway.profile.clients import Destination
from gateway.profile.composer import Composer
from gateway.profile.domain import PARTS, Breaker, Part, read
from shared.http.client import make_client
from shared.testing import staff

CUSTOMER = str(uuid4())


def archive(path: str) -> Any:
    found = {
        f"/v1/customers/{CUSTOMER}": {"id": CUSTOMER, "name": "杭州云栖茶业"},
        f"/v1/customers/{CUSTOMER}/contacts": {"data": [{"name": "陈敏"}], "page": {}},
        f"/v1/customers/{CUSTOMER}/orders": {"data": [{"order_no": "S-1"}], "page": {}},
    }
    return found.get(path)


async def answers(world: Any) -> None:
    async def customers(request: Any) -> Any:
        found = archive(request.url.path)
        return found or JSONResponse({"code": "not_found"}, 404)

    async def interactions(request: Any) -> Any:
        rows = {
            "/v1/complaints": [{"status": "closed"}, {"status": "received"}],
            "/v1/promises": [{"status": "open"}] if "unsettled=true" in str(request.url) else [],
        }
        return {"data": rows.get(request.url.path, []), "page": {}}

    async def scores(_: Any) -> Any:
        return {"tier": "core"}

    async def reminders(_: Any) -> Any:
        return {"data": [{"state": "done"}, {"state": "due"}], "page": {}}

    given = (customers, interactions, scores, reminders)
    for neighbour, answer in zip(world.neighbours.values(), given, strict=True):
        neighbour.answer = answer


async def profile(world: Any, customer: str = CUSTOMER) -> httpx.Response:
    answer: httpx.Response = await world.client.get(
        f"/v1/customers/{customer}/profile", headers=await world.bearer()
    )
    return answer


async def test_the_profile_of_a_merged_customer_is_that_of_the_one_it_is_now(world: Any) -> None:
    await answers(world)
    merged, current = str(uuid4()), str(uuid4())

    async def customers(_: Any) -> Any:
        return JSONResponse({"code": "customer_merged", "merged_into": current}, 308)

    world.neighbours["customer-svc"].answer = customers
    answer = await profile(world, merged)
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/v1/customers/{current}/profile"
    assert answer.json()["merged_into"] == current


async def test_one_call_tells_everything(world: Any) -> None:
    await answers(world)
    told = (await profile(world)).json()
    assert told["customer"]["name"] == "杭州云栖茶业"
    assert told["contacts"] == [{"name": "陈敏"}]
    assert told["orders"] == {"summary": None, "last": [{"order_no": "S-1"}]}
    assert told["score"] == {"tier": "core"}
    assert told["open_complaints"] == [{"status": "received"}]
    assert told["open_promises"] == [{"status": "open"}]
    assert told["open_reminders"] == [{"state": "due"}]
    assert told["parts"] == {
        "archive": "ok",
        "contacts": "ok",
        "order_summary": "none",
        "orders": "ok",
        "timeline": "ok",
        "complaints": "ok",
        "promises": "ok",
        "scoring": "ok",
        "reminders": "ok",
    }


async def test_every_service_is_asked_in_the_callers_name(world: Any) -> None:
    await answers(world)
    account = await world.hired("anna", "sales")
    await world.client.get(f"/v1/customers/{CUSTOMER}/profile", headers=await world.bearer("anna"))
    for neighbour in world.neighbours.values():
        assert {str(request.state.principal.id) for request in neighbour.seen} == {account["id"]}


async def test_an_unknown_customer_is_not_found(world: Any) -> None:
    await answers(world)
    answer = await profile(world, str(uuid4()))
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_a_failing_service_leaves_its_part_out_and_says_so(world: Any) -> None:
    await answers(world)

    async def broken(_: Any) -> Any:
        return JSONResponse({}, 500)

    world.neighbours["scoring-svc"].answer = broken
    answer = await profile(world)
    assert answer.status_code == 200
    assert answer.json()["score"] is None
    assert answer.json()["parts"]["scoring"] == "unavailable"
    assert answer.json()["parts"]["archive"] == "ok"


async def test_a_slow_service_does_not_hold_the_others_up(world: Any) -> None:
    await answers(world)
    forever = asyncio.Event()

    async def slow(_: Any) -> Any:
        await forever.wait()

    world.neighbours["interaction-svc"].answer = slow
    async with asyncio.timeout(5):
        told = (await profile(world)).json()
    forever.set()
    assert told["parts"]["timeline"] == "unavailable"
    assert told["parts"]["complaints"] == "unavailable"
    assert told["parts"]["scoring"] == "ok"


async def nobody(*_: Any) -> str:
    return "token"


async def test_a_dead_service_opens_its_breaker_and_is_left_alone() -> None:
    asked = 0

    async def alive(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        body: dict[str, Any] = {"id": CUSTOMER} if path.endswith(CUSTOMER) else {"data": []}
        await JSONResponse(body)(scope, receive, send)

    class Refusing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal asked
            asked += 1
            raise httpx.ConnectError("refused", request=request)

    moment = 0.0
    breaker = Breaker(monotonic=lambda: moment)
    async with (
        httpx.AsyncClient(transport=Refusing(), base_url="http://scoring") as gone,
        make_client("http://others", app=alive) as present,
    ):
        destinations = {part.service: Destination(present) for part in PARTS}
        destinations["scoring-svc"] = Destination(gone, breaker)
        composer = Composer(destinations, nobody)
        for _ in range(20):
            told = await composer.profile(staff("sales"), CUSTOMER, {})
            assert told["parts"]["scoring"] == "unavailable"
            assert told["parts"]["archive"] == "ok"
        assert breaker.is_open
        assert asked == 5
        moment = 10.0
        await asyncio.gather(*(composer.profile(staff("sales"), CUSTOMER, {}) for _ in range(5)))
        assert asked == 6


def test_after_the_pause_one_probe_decides() -> None:
    moment = 0.0
    breaker = Breaker(failures=2, pause=5, monotonic=lambda: moment)
    for _ in range(2):
        assert breaker.admits()
        breaker.failed()
    assert not breaker.admits()
    moment = 5.0
    assert breaker.admits()
    assert not breaker.admits()
    breaker.failed()
    moment = 9.0
    assert not breaker.admits()
    moment = 10.0
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.admits()
    assert breaker.admits()


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"a": 1}, "ok"),
        (404, {}, "none"),
        (403, {}, "forbidden"),
        (401, {}, "forbidden"),
        (200, 7, "unavailable"),
    ]
    + [(status, {}, "unavailable") for status in (400, 429, 500, 503)],
)
def test_a_status_says_what_became_of_a_part(status: int, body: Any, state: str) -> None:
    assert read(Part("x", "y", "/z"), status, body).state == state


async def test_when_no_service_answers_it_is_a_503() -> None:
    composer = Composer({}, nobody)
    with pytest.raises(Exception, match="services_unavailable"):
        await composer.profile(staff("sales"), CUSTOMER, {})
