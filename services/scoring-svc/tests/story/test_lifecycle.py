"""Stages are kept with their days and causes, and people's word that a customer is lost is honoured."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from shared.composition import Service
from shared.events.customer import CustomerMerged, CustomerUnmerged, OrderRecorded
from shared.testing import service_client, staff

from .stories import order, registered, tell, until

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}


def _bought(customer: UUID, *days_ago: float, **changes: Any) -> list[OrderRecorded]:
    told = [order(customer, day, **changes) for day in days_ago]
    return [OrderRecorded(subject=each["order_id"], version=1, **each) for each in told]


def _in(client: httpx.AsyncClient, customer: UUID, stage: str) -> Callable[[], Awaitable[Any]]:
    async def there() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/scores/{customer}")
        found = answer.json() if answer.status_code == 200 else None
        return found if found and found["lifecycle_stage"] == stage else None

    return there


async def _stages(client: httpx.AsyncClient, customer: UUID, more: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/v1/scores/{customer}/stages{more}")).json()["data"]
    return found


async def _causes(service: Service, customer: UUID) -> list[tuple[str, str]]:
    statement = text(
        "SELECT payload FROM outbox WHERE type = 'stage.changed.v1' AND aggregate_id = :id ORDER BY id"
    ).bindparams(id=customer)
    async with service.database.read() as reader:
        rows = await reader.rows(statement)
    return [(row["payload"]["data"]["to_stage"], row["payload"]["data"]["cause"]) for row in rows]


async def test_a_word_that_a_customer_is_lost_holds_until_it_is_withdrawn_or_it_orders(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    path = f"/v1/scores/{customer}"
    await tell(scoring, registered(customer))
    await until(_in(manager, customer, "prospect"))
    await tell(scoring, *_bought(customer, 0, 20, 40, 60))
    await until(_in(manager, customer, "active"))
    assert (await manager.get(f"{path}/declare-lost")).status_code == 404
    why = {"reason": "competitor", "note": "转向同城另一家供应商"}
    declared = await manager.post(f"{path}/declare-lost", json=why)
    assert (declared.status_code, declared.json().get("reason")) == (201, "competitor"), declared.text
    assert declared.headers["location"] == f"{path}/declare-lost"
    twice = await manager.post(f"{path}/declare-lost", json=why)
    assert (twice.status_code, twice.json()["code"]) == (409, "declared_already")
    lost = await until(_in(manager, customer, "lost"))
    assert lost["stage_cause"] == "declared_lost", "today's order came before the word"
    assert (await manager.get(f"{path}/declare-lost")).json()["note"] == why["note"]
    await manager.post(f"{path}/declare-lost/withdraw")
    assert (await manager.post(f"{path}/declare-lost/withdraw")).status_code == 409
    again = await until(_in(manager, customer, "active"))
    assert again["stage_cause"] == "loss_withdrawn"
    await manager.post(f"{path}/declare-lost", json={"reason": "no_need"})
    await until(_in(manager, customer, "lost"))
    later = scoring.database.now() + timedelta(seconds=1)
    await tell(scoring, *_bought(customer, 0, ordered_at=later))
    won = await until(_in(manager, customer, "won_back"))
    assert won["stage_cause"] == "order_after_lost"
    assert (await manager.get(f"{path}/declare-lost")).status_code == 404, "the order ended it"
    history = await _stages(manager, customer)
    assert [each["stage"] for each in history][:2] == ["won_back", "lost"]
    assert history[0]["until"] is None
    for newer, older in pairwise(history):
        assert (newer["from_stage"], newer["since"]) == (older["stage"], older["until"])
    assert history[0]["basis"]["order_days"] == 4
    told = await _causes(scoring, customer)
    assert told == [(each["stage"], each["cause"]) for each in reversed(history)]


async def test_time_in_a_stage_is_counted_for_all(scoring: Service, manager: httpx.AsyncClient) -> None:
    customers = [uuid4() for _ in range(3)]
    await tell(scoring, *(registered(one) for one in customers))
    for one in customers:
        await until(_in(manager, one, "prospect"))
    async with scoring.database.begin() as tx:
        await tx.run(text("UPDATE stage_history SET since = since - 28"))
        await tx.run(text("UPDATE score SET stage_since = stage_since - 28"))
    await tell(scoring, *_bought(customers[0], 1))
    await until(_in(manager, customers[0], "first_purchase"))
    spread = {each["stage"]: each for each in (await manager.get("/v1/insights/stages")).json()["data"]}
    assert list(spread)[:3] == ["prospect", "new", "first_purchase"]
    prospects, first = spread["prospect"], spread["first_purchase"]
    assert (prospects["customers"], prospects["median_weeks"]) == (2, 4.0)
    assert (prospects["left_52"], prospects["median_weeks_ended"]) == (1, 4.0)
    assert (first["customers"], first["median_weeks"], first["median_weeks_ended"]) == (1, 0.0, None)
    assert spread["lost"]["customers"] == 0


async def test_stages_of_merged_customers_stay_readable(scoring: Service, manager: httpx.AsyncClient) -> None:
    kept, absorbed = uuid4(), uuid4()
    await tell(scoring, registered(kept), registered(absorbed), *_bought(absorbed, 5))
    await until(_in(manager, absorbed, "first_purchase"))
    await until(_in(manager, kept, "prospect"))
    merged = CustomerMerged(subject=absorbed, version=2, status="merged", merged_into=kept, **_STATE)
    await tell(scoring, merged)
    await until(_in(manager, kept, "first_purchase"))
    moved = await manager.get(f"/v1/scores/{absorbed}/stages")
    assert moved.status_code == 308
    assert {each["customer_id"] for each in await _stages(manager, kept)} == {str(kept)}
    both = await _stages(manager, kept, "?merged=true")
    assert {each["customer_id"] for each in both} == {str(kept), str(absorbed)}
    refused = await manager.post(f"/v1/scores/{absorbed}/declare-lost", json={"reason": "other"})
    assert refused.status_code == 308
    await tell(scoring, CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE))
    await until(_in(manager, kept, "prospect"))
    assert (await _stages(manager, kept))[0]["cause"] == "orders_taken_back"
    assert (await _stages(manager, absorbed))[0]["stage"] == "first_purchase"


@pytest.mark.parametrize("body", [{}, {"reason": "whatever"}, {"reason": "other", "note": "x" * 501}])
async def test_who_declares_a_loss_says_why_and_of_whom(
    scoring: Service, manager: httpx.AsyncClient, body: dict[str, str]
) -> None:
    wrong = await manager.post(f"/v1/scores/{uuid4()}/declare-lost", json=body)
    assert wrong.status_code == 422
    unknown = await manager.post(f"/v1/scores/{uuid4()}/declare-lost", json={"reason": "other"})
    assert unknown.status_code == 404
    async with service_client(scoring, staff("analyst")) as analyst:
        refused = await analyst.post(f"/v1/scores/{uuid4()}/declare-lost", json={"reason": "other"})
    assert refused.status_code == 403
