"""Facts come in as events; scores, warnings and events come out."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.scores.commands import rescore
from shared.composition import Service
from shared.events.complaint import ComplaintOpened, ComplaintResolved
from shared.events.customer import ImportedOrder, OrderRecorded, OrdersImported, OrdersVoided, OrderVoided
from shared.events.interaction import InteractionLogged
from shared.references import CustomerRef, apply
from shared.testing import service_client, staff

from .stories import NOW, crowd, order, registered, tell, until


async def _score(client: httpx.AsyncClient, customer: object) -> dict[str, object] | None:
    answer = await client.get(f"/v1/scores/{customer}")
    return answer.json() if answer.status_code == 200 else None


async def _events(service: Service, kind: str) -> list[dict[str, object]]:
    async with service.database.read() as reader:
        rows = await reader.rows(text("SELECT payload FROM outbox WHERE type = :kind").bindparams(kind=kind))
    return [row["payload"] for row in rows]


async def test_a_new_customer_is_a_prospect_without_a_verdict(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    await tell(scoring, registered(customer))
    score = await until(lambda: _score(manager, customer))
    assert score["lifecycle_stage"] == "prospect"
    assert score["churn"]["level"] == "unknown"
    assert score["churn"]["probability"] is None
    assert [reason["code"] for reason in score["churn"]["reasons"]] == ["too_little_data"]


async def test_the_first_order_is_scored_at_once_and_the_same_event_twice_counts_once(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    fields = order(customer, 3)
    event = OrderRecorded(subject=fields["order_id"], version=1, **fields)
    await tell(scoring, registered(customer), event)
    score = await until(lambda: _staged(manager, customer, "first_purchase"))
    async with scoring.database.begin() as tx:
        await tx.run(text("DELETE FROM outbox WHERE type = 'order.recorded.v1'"))
    await tell(scoring, event)
    other = uuid4()
    await tell(scoring, registered(other))
    await until(lambda: _score(manager, other))
    again = await _score(manager, customer)
    assert again["features"]["orders_52"] == score["features"]["orders_52"] == 1.0


async def _staged(client: httpx.AsyncClient, customer: object, stage: str) -> dict[str, object] | None:
    score = await _score(client, customer)
    return score if score and score["lifecycle_stage"] == stage else None


async def test_a_voided_order_is_taken_out_whichever_event_comes_first(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    one, other = uuid4(), uuid4()
    stays, goes, early = order(one, 3), order(one, 9), order(other, 5)
    await tell(
        scoring,
        registered(one),
        registered(other),
        *(OrderRecorded(subject=each["order_id"], version=1, **each) for each in (stays, goes)),
    )
    await until(lambda: _counting(manager, one, 2.0))
    await tell(
        scoring,
        OrderVoided(subject=goes["order_id"], version=2, **goes),
        OrderVoided(subject=early["order_id"], version=2, **early),
    )
    await until(lambda: _counting(manager, one, 1.0))
    late = OrdersImported(subject=uuid4(), version=1, distributor_id=None, orders=(ImportedOrder(**early),))
    await tell(scoring, late)
    undone = OrdersVoided(subject=uuid4(), version=1, distributor_id=None, orders=(ImportedOrder(**stays),))
    await tell(scoring, undone)
    await until(lambda: _staged(manager, one, "prospect"))
    assert (await _score(manager, other))["lifecycle_stage"] == "prospect"


async def _counting(client: httpx.AsyncClient, customer: object, orders: float) -> dict[str, object] | None:
    score = await _score(client, customer)
    return score if score and score["features"]["orders_52"] == orders else None


@pytest.mark.slow
async def test_a_bulk_load_learns_a_model_tiers_everybody_and_warns(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customers, events = crowd(600)
    await tell(scoring, *events)

    async def settled() -> bool:
        models = (await manager.get("/v1/models?status=champion")).json()["data"]
        spread = (await manager.get("/v1/insights/tiers")).json()
        return bool(models) and models[0]["basis"] == "fitted" and spread["customers"] == len(customers)

    await until(settled, 100)
    await until(lambda: _runs(manager))
    spread = (await manager.get("/v1/insights/tiers")).json()["data"]
    assert {share["tier"] for share in spread} == {"core", "important", "ordinary"}
    warnings = (await manager.get("/v1/churn-warnings?limit=200")).json()["data"]
    assert warnings
    assert all(0 <= warning["probability"] <= 1 and warning["reasons"] for warning in warnings)
    told = await _events(scoring, "churn.warned.v1")
    assert {event["subject"] for event in told} >= {warning["id"] for warning in warnings}
    backtest = (await manager.get(f"/v1/models/{await _champion(manager)}/backtest")).json()
    assert backtest["card"]["folds"]
    await _a_regular_customer_who_falls_silent_is_warned_about(scoring, manager)
    await _a_warning_is_taken_care_of(manager, warnings[0]["id"])


async def _runs(client: httpx.AsyncClient) -> list[dict[str, object]]:
    return [run for run in (await client.get("/v1/scoring-runs")).json()["data"] if run["cause"] == "bulk"]


async def _champion(client: httpx.AsyncClient) -> str:
    return (await client.get("/v1/models?status=champion")).json()["data"][0]["id"]


async def _a_regular_customer_who_falls_silent_is_warned_about(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer, owner, complaint = uuid4(), uuid4(), uuid4()
    orders = [order(customer, day) for day in range(100, 500, 20)]
    about = {
        "customer_id": customer, "owner_id": owner, "category": "quality", "severity": "high",
        "opened_at": NOW - timedelta(days=90), "closed_at": None, "distributor_id": None,
    }  # fmt: skip
    await tell(
        scoring,
        registered(customer, owner),
        OrdersImported(subject=uuid4(), version=1, distributor_id=None, orders=tuple(orders)),
        ComplaintOpened(subject=complaint, version=1, resolved_at=None, **about),
        InteractionLogged(
            subject=uuid4(), version=1, distributor_id=None, customer_id=customer, channel="call",
            direction="inbound", occurred_at=NOW - timedelta(days=200), kind="call",
        ),
    )  # fmt: skip

    async def known() -> dict[str, object] | None:
        score = await _score(manager, customer)
        codes = {reason["code"] for reason in score["churn"]["reasons"]} if score else set()
        return score if {"own_rhythm_broken", "complaint_open", "contact_quiet"} <= codes else None

    score = await until(known)
    assert score["churn"]["level"] == "high"
    assert {"purchase", "complaint", "contact"} <= set(score["churn"]["drivers"])
    chinese = await manager.get(f"/v1/scores/{customer}", headers={"Accept-Language": "zh-CN"})
    assert "周" in chinese.text
    await tell(scoring, ComplaintResolved(subject=complaint, version=2, resolved_at=NOW, **about))

    async def resolved() -> bool:
        found = await _score(manager, customer)
        return "complaint_open" not in {reason["code"] for reason in found["churn"]["reasons"]}

    await until(resolved)
    history = (await manager.get(f"/v1/scores/{customer}/history")).json()["data"]
    assert history[0]["churn_level"] == "high" or history[0]["lifecycle_stage"] in {"at_risk", "lost"}


async def _a_warning_is_taken_care_of(manager: httpx.AsyncClient, warning: str) -> None:
    taken = await manager.post(f"/v1/churn-warnings/{warning}/acknowledge")
    assert taken.json()["status"] == "acknowledged"
    closed = await manager.post(f"/v1/churn-warnings/{warning}/outcome", json={"outcome": "retained"})
    assert (closed.json()["status"], closed.json()["outcome"]) == ("closed", "retained")
    again = await manager.post(f"/v1/churn-warnings/{warning}/outcome", json={"outcome": "lost"})
    assert (again.status_code, again.json()["code"]) == (409, "warning_closed")


async def test_unknown_customers_and_other_roles_are_refused(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    assert (await manager.get(f"/v1/scores/{uuid4()}")).status_code == 404
    assert (await manager.get(f"/v1/churn-warnings/{uuid4()}")).status_code == 404
    async with service_client(scoring, staff("analyst")) as analyst:
        assert (await analyst.post("/v1/scoring-runs", json={})).status_code == 403


async def test_a_run_on_demand_is_an_operation_to_watch(scoring: Service, manager: httpx.AsyncClient) -> None:
    await tell(scoring, registered(uuid4()))
    started = await manager.post("/v1/scoring-runs", json={"learn": True})
    assert started.status_code == 202
    location = started.headers["location"]
    assert location[-1] == "3"

    async def ended() -> bool:
        return (await manager.get(location)).json()["status"] == "succeeded"

    await until(ended)


async def test_whom_silence_has_moved_is_scored_again_without_any_event(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = uuid4()
    fields = order(customer, 3)
    await tell(scoring, registered(customer), OrderRecorded(subject=fields["order_id"], version=1, **fields))
    first = await until(lambda: _staged(manager, customer, "first_purchase"))
    async with scoring.database.begin() as tx:
        await tx.run(text("UPDATE score SET next_review_at = now() - interval '1 hour'"))

    async def reviewed() -> bool:
        return (await _score(manager, customer))["scored_at"] > first["scored_at"]

    await until(reviewed)
    async with scoring.database.read() as reader:
        assert await reader.value(text("SELECT bool_and(next_review_at > now()) FROM score"))


async def test_two_who_score_the_same_new_customers_at_once_do_not_collide(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    async def speaking() -> Champion | None:
        async with scoring.database.read() as reader:
            return await Shelf().champion(reader)

    champion = await until(speaking)
    customers = [uuid4() for _ in range(300)]
    known = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "status": "active"}
    async with scoring.database.begin() as tx:
        await apply(
            tx, [CustomerRef(id=one, channel=None, merged_into=None, version=1, **known) for one in customers]
        )

    async def score_all() -> None:
        async with scoring.database.begin() as tx:
            await rescore(tx, customers, champion)

    await asyncio.gather(*(score_all() for _ in range(4)))
    assert (await manager.get("/v1/scores?count=exact&limit=1")).json()["page"]["total"] == len(customers)
