"""States follow the events of the service, in any order, and say what the log says."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import select

from scoring_svc.app import build
from scoring_svc.facts.queries import MINOR_PER_UNIT, facts_of
from scoring_svc.modelling.features import features
from scoring_svc.modelling.states.ageing import features_of
from scoring_svc.modelling.states.layout import ALL, Part
from scoring_svc.runs.consumers import SCORING_EVENTS
from scoring_svc.settings import Settings
from scoring_svc.states.commands import current
from scoring_svc.states.queries import KEPT
from scoring_svc.states.reconciling import reconcile
from shared.db import Database, Reader, Record, prepare
from shared.events import Event
from shared.events.complaint import ComplaintOpened, ComplaintResolved
from shared.events.customer import (
    CustomerMerged,
    CustomerRegistered,
    CustomerUnmerged,
    ImportedOrder,
    OrderRecorded,
    OrderReturned,
    OrdersImported,
    OrderVoided,
)
from shared.events.interaction import SurveyAnswered
from shared.testing import clean, running

from .stories import NOW, order, registered
from .test_loaded_contacts import contact, imported, logged, withdrawn
from .test_promises import course

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}


@pytest.fixture(scope="module")
async def quiet(service_database: Any) -> AsyncIterator[Database]:
    """The service's database without its worker: events are heard when a test says so."""
    async with running(build, Settings, service_database("scoring"), worker=False) as service:
        yield service.database


@pytest.fixture(autouse=True)
async def emptied(quiet: Database) -> None:
    await clean(quiet, keep=("job", "model", "tier_policy"))


async def hear(database: Database, *events: Event) -> None:
    """As the inbox does: all of them in one transaction."""
    async with database.begin() as tx:
        for event in events:
            await SCORING_EVENTS[type(event)](tx, event)


_KEPT = prepare(select(KEPT))


async def kept(reader: Reader, customers: list[UUID]) -> dict[UUID, Record]:
    return {row["customer_id"]: row for row in await reader.rows(_KEPT, customers=customers)}


async def stale(database: Database, customer: UUID) -> Part | None:
    async with database.read() as reader:
        row = (await kept(reader, [customer])).get(customer)
    return None if row is None else Part(row["stale"])


async def assert_true(database: Database, customers: list[UUID], *, currency: str = "CNY") -> None:
    """The features by the states are those by the log, to 1e-9, today and later."""
    async with database.begin() as tx:
        states = await current(tx, customers, await kept(tx, customers), currency=currency)
        facts = await facts_of(tx, customers, currency=currency)
        now = tx.now
    told = facts.as_of(np.datetime64((now + timedelta(minutes=1)).replace(tzinfo=None), "us"))
    for days in (0, 30, 200):
        moment = np.datetime64((now + timedelta(days=days)).replace(tzinfo=None), "us")
        known = features_of(states, moment, minor_per_unit=MINOR_PER_UNIT)
        wanted = features(told, moment)
        for place in range(len(customers)):
            assert known.row(place) == near(wanted.row(place))


def near(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
        for name, value in row.items()
    }


def sale(customer: UUID, days_ago: float, amount: int = 100_00, **more: Any) -> OrderRecorded:
    told = order(customer, days_ago, amount, **more)
    return OrderRecorded(subject=told["order_id"], version=1, **told)


def complaint(customer: UUID, days_ago: float) -> list[Event]:
    case, opened = uuid4(), NOW - timedelta(days=days_ago)
    about: dict[str, Any] = {
        "subject": case, "distributor_id": None, "customer_id": customer, "owner_id": None,
        "category": "other", "severity": "high", "opened_at": opened, "closed_at": None,
    }  # fmt: skip
    return [
        ComplaintOpened(version=1, resolved_at=None, **about),
        ComplaintResolved(version=2, resolved_at=opened + timedelta(days=20), **about),
    ]


def answer(customer: UUID, days_ago: float, nps: int) -> SurveyAnswered:
    return SurveyAnswered(
        subject=uuid4(), version=1, distributor_id=None, customer_id=customer, invitation_id=uuid4(),
        survey_id=uuid4(), complaint_id=None, owner_id=None, answered_at=NOW - timedelta(days=days_ago),
        ratings=(), nps=nps,
    )  # fmt: skip


def course_of(customer: UUID) -> list[Event]:
    """Everything that can be told of a customer."""
    sales = [
        sale(customer, day, amount)
        for day, amount in ((300, 5_01), (120, 0), (60, 77_77), (60, 3_33), (9, 10))
    ]
    returned = order(customer, 50, 1_50, kind="return")
    gone = order(customer, 120, 0, order_id=sales[1].order_id)
    met = [contact(customer, day) for day in (100, 20, 3)]
    return [
        *sales,
        OrderReturned(subject=returned["order_id"], version=1, **returned),
        OrderVoided(subject=sales[1].order_id, version=2, **gone),
        OrdersImported(
            subject=uuid4(), version=1, distributor_id=None,
            orders=(ImportedOrder(**order(customer, 200, 40_00)), ImportedOrder(**order(customer, 9, 9_00))),
        ),
        sale(customer, -1, 99_00),
        sale(customer, 5, 12_00, currency="USD"),
        *map(logged, met),
        imported([contact(customer, 40)]),
        withdrawn(met[:1]),
        *complaint(customer, 30),
        *complaint(customer, 12)[:1],
        answer(customer, 80, 9),
        answer(customer, 8, 4),
        *course(customer, ("make", "break", "keep")),
        *course(customer, ("make", "break"), days_ago=10),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
async def test_states_say_what_the_log_says_after_any_order_of_events(quiet: Database, seed: int) -> None:
    """Delivered at random, some twice, in transactions of a few, with scores made between, and a merger."""
    chance = random.Random(seed)
    customers = [uuid4() for _ in range(3)]
    events = [event for customer in customers for event in course_of(customer)]
    events += chance.sample(events, 15)
    chance.shuffle(events)
    await hear(quiet, *(registered(customer) for customer in customers))
    while events:
        some = [events.pop() for _ in range(min(len(events), chance.randint(1, 5)))]
        await hear(quiet, *some)
        if chance.random() < 0.3:
            await assert_true(quiet, customers)
    kept, absorbed, other = customers
    merged = CustomerMerged(subject=absorbed, version=2, status="merged", merged_into=kept, **_STATE)
    await hear(quiet, merged)
    await assert_true(quiet, [kept, other])
    await hear(quiet, sale(absorbed, 1), sale(kept, 2), sale(other, 0))
    await assert_true(quiet, [kept, other])
    assert await reconcile(quiet, customers, currency="CNY") == (2, 0)
    await hear(quiet, CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE))
    await assert_true(quiet, customers)
    assert await reconcile(quiet, customers, currency="CNY") == (3, 0)


async def test_the_first_event_has_the_state_built_and_the_next_ones_go_in(quiet: Database) -> None:
    customer = uuid4()
    await hear(quiet, registered(customer), sale(customer, 30))
    assert await stale(quiet, customer) == ALL
    await assert_true(quiet, [customer])
    await hear(
        quiet, sale(customer, 3), sale(customer, 2), logged(contact(customer, 1)), *complaint(customer, 1)[:1]
    )
    assert await stale(quiet, customer) == Part(0)
    await assert_true(quiet, [customer])
    await hear(quiet, sale(customer, 10))
    assert await stale(quiet, customer) == Part.BUYING


async def test_what_a_clock_a_little_ahead_has_dated_counts_at_once(quiet: Database) -> None:
    customer = uuid4()
    await hear(quiet, registered(customer), sale(customer, 30))
    await assert_true(quiet, [customer])
    ahead = datetime.now(UTC) + timedelta(seconds=20)
    await hear(quiet, sale(customer, 0, ordered_at=ahead))
    assert await stale(quiet, customer) == Part(0)
    async with quiet.begin() as tx:
        states = await current(tx, [customer], await kept(tx, [customer]), currency="CNY")
    assert states.number(Part.BUYING, "order_days")[0] == 2


async def test_another_main_currency_has_the_orders_counted_anew(quiet: Database) -> None:
    customer = uuid4()
    await hear(quiet, registered(customer), sale(customer, 9), sale(customer, 3, currency="USD"))
    await assert_true(quiet, [customer])
    await assert_true(quiet, [customer], currency="USD")
    await hear(quiet, sale(customer, 2), sale(customer, 1, currency="USD"))
    await assert_true(quiet, [customer], currency="USD")


async def won(database: Database, referrer: UUID) -> float:
    async with database.begin() as tx:
        states = await current(tx, [referrer], await kept(tx, [referrer]), currency="CNY")
    moment = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us")
    return float(features_of(states, moment, minor_per_unit=MINOR_PER_UNIT).care.referrals_52[0])


def came_by(customer: UUID, referrer: UUID) -> CustomerRegistered:
    return registered(customer, kind="person", industry=None, region=None, size=None, referred_by=referrer)


@pytest.mark.parametrize("told_first", ["profile", "order"])
async def test_a_customer_won_by_another_counts_for_whom_recommended(
    quiet: Database, told_first: str
) -> None:
    referrer, new, twin = uuid4(), uuid4(), uuid4()
    await hear(quiet, registered(referrer), registered(twin), sale(referrer, 5))
    told = [came_by(new, referrer), sale(new, 4)]
    await assert_true(quiet, [referrer])
    for event in told if told_first == "profile" else reversed(told):
        await hear(quiet, event)
        await assert_true(quiet, [referrer, new])
    assert await won(quiet, referrer) == 1
    await hear(quiet, sale(new, 2))
    assert await stale(quiet, referrer) in {Part(0), Part.REFERRING}
    merged = CustomerMerged(subject=new, version=2, status="merged", merged_into=twin, **_STATE)
    await hear(quiet, merged)
    await assert_true(quiet, [referrer, twin])
    assert await won(quiet, referrer) == 0
    await hear(quiet, CustomerUnmerged(subject=new, version=3, status="active", **_STATE))
    await assert_true(quiet, [referrer, new, twin])
    assert await won(quiet, referrer) == 1
    assert await reconcile(quiet, [referrer, new, twin], currency="CNY") == (3, 0)


async def test_a_state_that_differs_is_found_and_built_anew(quiet: Database) -> None:
    right, wrong = uuid4(), uuid4()
    await hear(quiet, registered(right), registered(wrong), sale(right, 5), sale(wrong, 5))
    await assert_true(quiet, [right, wrong])
    async with quiet.begin() as tx:
        await tx.connection.execute("UPDATE order_fact SET amount_minor = 7 WHERE customer_id = $1", wrong)
    assert await reconcile(quiet, [right, wrong], currency="CNY") == (2, 1)
    assert await stale(quiet, wrong) == ALL
    async with quiet.read() as reader:
        marked = await reader.connection.fetch("SELECT customer_id FROM customer_due WHERE due_at <= now()")
    assert wrong in {row["customer_id"] for row in marked}
    await assert_true(quiet, [right, wrong])
    assert await reconcile(quiet, [right, wrong], currency="CNY") == (2, 0)


async def test_what_an_older_version_wrote_is_built_anew(quiet: Database) -> None:
    customer = uuid4()
    await hear(quiet, registered(customer), sale(customer, 5))
    await assert_true(quiet, [customer])
    async with quiet.begin() as tx:
        await tx.connection.execute("UPDATE customer_state SET document = '\\x6300000001'")
    await hear(quiet, sale(customer, 4))
    assert await stale(quiet, customer) == ALL
    await assert_true(quiet, [customer])
