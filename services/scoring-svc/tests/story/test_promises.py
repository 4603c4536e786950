"""Promises count once they are broken, in whatever order and how often they are told, on each bus."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring_svc.facts.consumers import FACT_EVENTS, on_promise
from scoring_svc.facts.queries import all_facts, facts_of, known_customers
from scoring_svc.modelling.facts import record
from scoring_svc.modelling.fingerprint import of_facts
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import rank
from scoring_svc.models.commands import Learnt, keep, let_speak
from scoring_svc.models.queries import Shelf
from scoring_svc.policies.commands import publish_default
from scoring_svc.runs.commands import rescore_due
from shared.composition import Service
from shared.db import Database
from shared.events.customer import CustomerMerged, CustomerUnmerged, OrderRecorded
from shared.events.interaction import (
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseMoved,
    PromiseWithdrawn,
)
from shared.messaging import outbox
from shared.testing import service_client, staff

from .stories import NOW, order, registered, tell, until

STORED = Path(__file__).parents[1] / "data/model_before_promises.json"
KINDS = {
    "make": PromiseMade,
    "move": PromiseMoved,
    "break": PromiseBroken,
    "keep": PromiseKept,
    "withdraw": PromiseWithdrawn,
}
COURSES = (
    ("make",),
    ("make", "keep"),
    ("make", "withdraw"),
    ("make", "break"),
    ("make", "break", "keep"),
    ("make", "break", "withdraw"),
    ("make", "move", "break", "keep"),
    ("make", "move", "move", "keep"),
)
_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}
_TIMES = ("made_at", "broken_at", "settled_at")


def course(customer: UUID, verbs: Sequence[str], *, days_ago: float = 30, timed: bool = True) -> list[Any]:
    """The events of one promise, a day from one to the next; untimed as before they told of times."""
    promise, told = uuid4(), []
    state: dict[str, Any] = {**dict.fromkeys(_TIMES), "due_at": NOW - timedelta(days=days_ago - 1)}
    for version, verb in enumerate(verbs, 1):
        at = NOW - timedelta(days=days_ago - version + 1)
        if verb == "move":
            state["due_at"] = at + timedelta(days=1)
        moved = {"make": "made_at", "break": "broken_at", "keep": "settled_at", "withdraw": "settled_at"}
        if timed and verb in moved:
            state[moved[verb]] = at
        told.append(
            KINDS[verb](
                subject=promise, version=version, distributor_id=None, customer_id=customer,
                promised_by=uuid4(), **state,
            )
        )  # fmt: skip
    return told


async def features(client: httpx.AsyncClient, customer: UUID, **wanted: float) -> dict[str, Any]:
    """The customer's score once it is made of these."""

    async def made() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/scores/{customer}")
        found = answer.json() if answer.status_code == 200 else None
        right = found and all(found["features"].get(name) == value for name, value in wanted.items())
        return found if right else None

    found: dict[str, Any] = await until(made)
    return found


def bought(customer: UUID, *days_ago: float) -> list[OrderRecorded]:
    told = [order(customer, day) for day in days_ago]
    return [OrderRecorded(subject=each["order_id"], version=1, **each) for each in told]


def known_of(events: Sequence[Any]) -> dict[str, Any]:
    """What these events say of their promise; written down a second time, not taken from the statement."""
    newest = max(events, key=lambda event: event.version)
    said = {name: [getattr(event, name) for event in events] for name in _TIMES}
    times = {name: min((each for each in found if each), default=None) for name, found in said.items()}
    return {**times, "due_at": newest.due_at, "version": newest.version, "customer_id": newest.customer_id}


async def facts(database: Database, promise: UUID) -> dict[str, Any] | None:
    async with database.read() as reader:
        row = await reader.connection.fetchrow("SELECT * FROM promise_fact WHERE promise_id = $1", promise)
    return dict(row) if row else None


async def due(database: Database, customer: UUID) -> datetime | None:
    async with database.read() as reader:
        sql = "SELECT due_at FROM customer_due WHERE customer_id = $1"
        found: datetime | None = await reader.connection.fetchval(sql, customer)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verbs=st.sampled_from(COURSES), data=st.data())
async def test_what_is_known_does_not_depend_on_the_order_of_telling(
    asleep: Service, verbs: tuple[str, ...], data: st.DataObject
) -> None:
    customer = uuid4()
    events = course(customer, verbs)
    doubled = [*events, *data.draw(st.lists(st.sampled_from(events), max_size=3))]
    heard: list[Any] = []
    for event in data.draw(st.permutations(doubled)):
        before = known_of(heard) if heard else None
        async with asleep.database.begin() as tx:
            await tx.connection.execute("DELETE FROM customer_due")
        async with asleep.database.begin() as tx:
            await on_promise(tx, event)
        heard.append(event)
        now = known_of(heard)
        assert await facts(asleep.database, event.subject) == {"promise_id": event.subject, **now}
        marked = await due(asleep.database, customer) is not None
        assert marked == (now["broken_at"] is not None and now != before)


async def test_events_from_before_they_told_of_times_are_understood(asleep: Service) -> None:
    customer = uuid4()
    events = course(customer, ("make", "break", "keep"), timed=False)
    for event in (events[2], events[0], events[1], events[2]):
        async with asleep.database.begin() as tx:
            await on_promise(tx, event)
    row = await facts(asleep.database, events[0].subject)
    assert row is not None
    assert row["broken_at"] == row["due_at"] == events[1].due_at
    assert row["settled_at"] > NOW
    assert row["made_at"] is None


async def test_one_customer_is_read_as_all_are(asleep: Service) -> None:
    customers = [uuid4() for _ in range(5)]
    courses = {customer: COURSES[number : number + 4] for number, customer in enumerate(customers)}
    for number, customer in enumerate(customers):
        for verbs in courses[customer]:
            for event in course(customer, verbs, days_ago=10.0 * (number + 1)):
                async with asleep.database.begin() as tx:
                    await on_promise(tx, event)
    async with asleep.database.begin() as tx:
        everybody = await known_customers(tx)
        whole = await all_facts(tx, everybody, currency="CNY")
        for customer in customers:
            place = everybody.index(customer)
            alone, among = await facts_of(tx, [customer], currency="CNY"), whole.between(place, place + 1)
            for name in ("customer", "ts", "due", "settled", "id"):
                one, other = (getattr(log.promises, name) for log in (alone, among))
                assert [str(each) for each in one] == [str(each) for each in other]
            assert len(alone.promises.ts) == sum("break" in verbs for verbs in courses[customer])


async def test_a_champion_from_before_promises_goes_on_speaking(asleep: Service) -> None:
    document = json.loads(STORED.read_text())["document"]
    model, customer = ScoringModel.from_document(document), uuid4()
    grids = rank(record([]), model, Policy(), np.datetime64("2024-11-15"))
    source = of_facts(record([]), np.datetime64("2024-11-15"))
    learnt = Learnt(model, grids, 1, "CNY", 1, 4, NOW, source, "start")
    async with asleep.database.begin() as tx:
        await publish_default(tx)
        promoted = await keep(tx, learnt, None)
        assert await let_speak(tx, promoted)
        sql = "UPDATE model SET document = $2 WHERE id = $1"
        await tx.connection.execute(sql, promoted, document)
        for event in bought(customer, 3, 33, 63, 93):
            await FACT_EVENTS[type(event)](tx, event)
        for event in course(customer, ("make", "break")):
            await on_promise(tx, event)
    assert await rescore_due(asleep.database, Shelf()) >= 1
    async with asleep.database.read() as reader:
        told = await reader.connection.fetchrow("SELECT * FROM score WHERE customer_id = $1", customer)
    assert told["model_id"] == promoted
    assert "promise_unkept" in {reason["code"] for reason in told["churn"]["reasons"]}


async def test_a_broken_promise_raises_the_risk_until_it_is_kept_and_says_why(on_each_bus: Service) -> None:
    customer = uuid4()
    made, broke, kept = course(customer, ("make", "break", "keep"), days_ago=9)
    async with service_client(on_each_bus, staff("manager")) as manager:
        await tell(on_each_bus, registered(customer), *bought(customer, 3, 33, 63, 93), made)
        calm = await features(manager, customer, orders_52=4, promises_unkept=0)
        await tell(on_each_bus, broke)
        score = await features(manager, customer, promises_unkept=1, promises_broken_26=1)
        assert score["churn"]["probability"] > calm["churn"]["probability"]
        assert "promise" in score["churn"]["drivers"]
        (reason,) = [each for each in score["churn"]["reasons"] if each["category"] == "promise"]
        assert reason["code"] == "promise_unkept"
        assert re.search(r"^Promise broken since \d+ \w+ \d{4}, not kept \([89] days\)$", reason["text"])
        assert [(each["type"], each["id"]) for each in reason["evidence"]] == [
            ("promise", str(broke.subject))
        ]
        chinese = await manager.get(f"/v1/scores/{customer}", headers={"Accept-Language": "zh-CN"})
        assert re.search(r"承诺自 \d{4} 年 \d+ 月 \d+ 日起逾期（[89] 天）", chinese.text)
        await tell(on_each_bus, kept)
        later = await features(manager, customer, promises_unkept=0, promises_broken_26=1)
        assert calm["churn"]["probability"] < later["churn"]["probability"] < score["churn"]["probability"]
        codes = [each["code"] for each in later["churn"]["reasons"] if each["category"] == "promise"]
        assert codes == ["promise_broken"]


async def test_a_promise_that_is_kept_moved_or_taken_back_in_time_counts_for_nothing(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer, other = uuid4(), uuid4()
    await tell(scoring, registered(customer))
    for verbs in (("make", "move"), ("make", "keep"), ("make", "withdraw")):
        await tell(scoring, *course(customer, verbs))
    await tell(scoring, registered(other), *course(other, ("make", "break", "withdraw")))
    await features(manager, other, promises_broken_26=1, promises_unkept=0)
    await features(manager, customer, promises_broken_26=0, promises_unkept=0, promise_pressure=0)


async def test_the_same_events_again_change_nothing(scoring: Service, manager: httpx.AsyncClient) -> None:
    customer, marker = uuid4(), uuid4()
    events = course(customer, ("make", "break"))
    await tell(scoring, registered(customer), *events)
    first = await features(manager, customer, promises_unkept=1)
    async with scoring.database.begin() as tx:  # told once more, as by a replay
        await tx.connection.execute("DELETE FROM outbox WHERE aggregate_id = $1", events[0].subject)
        for event in events:
            outbox.record(tx, event)
    await tell(scoring, *course(marker, ("make", "break")), registered(marker))
    await features(manager, marker, promises_unkept=1)
    assert (await features(manager, customer, promises_unkept=1))["features"] == first["features"]


async def test_promises_go_with_a_customer_that_is_merged(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    kept, absorbed = uuid4(), uuid4()
    late = course(absorbed, ("make", "break"))
    await tell(scoring, registered(kept), registered(absorbed), *course(absorbed, ("make", "break")))
    await features(manager, absorbed, promises_unkept=1)
    merged = CustomerMerged(subject=absorbed, version=2, status="merged", merged_into=kept, **_STATE)
    await tell(scoring, merged)
    await features(manager, kept, promises_unkept=1)
    await tell(scoring, *late)
    await features(manager, kept, promises_unkept=2)
    await tell(scoring, CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE))
    await features(manager, absorbed, promises_unkept=2)
    await features(manager, kept, promises_unkept=0)
