"""Products, channels, what answers are about, what customers are: told in any order, kept once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text

from scoring_svc.facts.referrals import all_referrals, referrals_of
from scoring_svc.facts.tables import OrderRow
from scoring_svc.profiles.queries import profiles_of
from scoring_svc.runs.consumers import SCORING_EVENTS
from scoring_svc.states.commands import take_in
from shared.db import Database, prepare
from shared.db.migrate import upgrade
from shared.events import Event, parse, to_cloudevent
from shared.events.customer import (
    CustomerMerged,
    CustomersImported,
    CustomerUnmerged,
    CustomerUpdated,
    ImportedOrder,
    OrderRecorded,
    OrderReturned,
    OrdersImported,
    OrderVoided,
    ReferenceRow,
)
from shared.events.interaction import SurveyAnswered
from shared.testing import clean

from .stories import NOW, order, registered

_TEA = {"sku": "TEA-250", "category": "茶叶", "quantity": 2, "amount_minor": 80_00}
_CUP = {"sku": None, "category": "cups", "quantity": 0.5, "amount_minor": None}
_KNOWN = {"kind": "organisation", "industry": "tea", "region": "310115", "size": "50-200"}
_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}


def recorded(fields: dict[str, Any]) -> OrderRecorded:
    return OrderRecorded(subject=fields["order_id"], version=1, **fields)


def voided(fields: dict[str, Any]) -> OrderVoided:
    untold = {name: value for name, value in fields.items() if name != "lines"}
    return OrderVoided(subject=fields["order_id"], version=2, **untold)


def updated(customer: UUID, version: int, **changes: Any) -> CustomerUpdated:
    fields = {**_STATE, "status": "active", **changes}
    return CustomerUpdated(subject=customer, version=version, **fields)


async def heard(still: Database, *events: Event) -> None:
    """Told one after another, each handled by the consumer and committed before the next."""
    for event in events:
        async with still.begin() as tx:
            await SCORING_EVENTS[type(event)](tx, event)


@pytest.fixture
async def still(service_database: Any) -> AsyncIterator[Database]:
    """The database of a service that does not run: nobody takes off the list who is due."""
    urls = service_database("scoring_still")
    await upgrade("scoring_svc", urls.owner_url)
    database = Database(urls.app_url, max_size=2, finish=take_in)
    await database.open()
    yield database
    await clean(database)
    await database.close()


async def rows(still: Database, sql: str, **given: Any) -> list[dict[str, Any]]:
    async with still.read() as db:
        return [dict(row) for row in await db.rows(text(sql).bindparams(**given))]


async def due(still: Database) -> set[UUID]:
    return {row["customer_id"] for row in await rows(still, "SELECT customer_id FROM customer_due")}


async def lines_of(still: Database, order_id: UUID) -> list[dict[str, Any]]:
    return await rows(
        still,
        "SELECT position, sku, category, quantity, amount_minor, customer_id FROM order_line_fact"
        " WHERE order_id = :order ORDER BY position",
        order=order_id,
    )


async def test_an_order_is_kept_with_its_channel_and_its_lines_once(still: Database) -> None:
    customer = uuid4()
    fields = order(customer, 3, lines=(_TEA, _CUP))
    bulk = OrdersImported(
        subject=uuid4(), version=1, distributor_id=None, orders=(ImportedOrder(**fields),) * 2
    )
    await heard(still, recorded(fields), bulk, recorded(fields))
    assert await lines_of(still, fields["order_id"]) == [
        {**_TEA, "position": 1, "customer_id": customer},
        {**_CUP, "position": 2, "customer_id": customer},
    ]
    (known,) = await rows(still, "SELECT channel, voided FROM order_fact")
    assert known == {"channel": "shop", "voided": False}


@pytest.mark.parametrize("first", ["voided", "recorded"])
async def test_lines_of_a_voided_order_do_not_count_whichever_came_first(still: Database, first: str) -> None:
    fields = order(uuid4(), 3, lines=(_TEA,))
    events = [voided(fields), recorded(fields)]
    await heard(still, *(events if first == "voided" else reversed(events)))
    counted = await rows(
        still, "SELECT l.sku FROM order_line_fact l JOIN order_fact o USING (order_id) WHERE NOT o.voided"
    )
    assert counted == []


async def test_an_order_of_before_learns_its_channel_and_lines_when_it_is_told_anew(still: Database) -> None:
    fields = order(uuid4(), 3, lines=(_TEA,))
    columns = ("order_id", "customer_id", "ordered_at", "amount_minor", "currency")
    async with still.begin() as tx:
        statement = prepare(insert(OrderRow.__table__), *columns, "is_return", "voided")  # type: ignore[attr-defined]
        await tx.run(statement, **{name: fields[name] for name in columns}, is_return=False, voided=False)
    await heard(still, recorded(fields))
    assert [row["channel"] for row in await rows(still, "SELECT channel FROM order_fact")] == ["shop"]
    assert len(await lines_of(still, fields["order_id"])) == 1
    assert await due(still) == {fields["customer_id"]}


async def test_an_answer_is_kept_by_what_it_is_about(still: Database) -> None:
    customer, response = uuid4(), uuid4()
    ratings = [("product_quality", 2), ("product_quality", 3), ("delivery_speed", 5), ("overall", 4)]
    event = SurveyAnswered(
        subject=response, version=1, distributor_id=None, customer_id=customer, invitation_id=uuid4(),
        survey_id=uuid4(), complaint_id=None, owner_id=None, answered_at=NOW, nps=9,
        ratings=tuple({"indicator": name, "value": value} for name, value in ratings),  # type: ignore[arg-type]
    )  # fmt: skip
    async with still.begin() as tx:
        await tx.run(
            text(
                "INSERT INTO survey_fact (response_id, customer_id, answered_at, score)"
                " VALUES (:response, :customer, :at, 4)"
            ).bindparams(response=response, customer=customer, at=NOW)
        )
    await heard(still, event, event)
    (known,) = await rows(still, "SELECT score, quality, attitude, delivery FROM survey_fact")
    assert known == {"score": 4.0, "quality": 2.5, "attitude": None, "delivery": 5.0}


async def test_the_newest_that_was_told_of_a_customer_holds_in_whatever_order(still: Database) -> None:
    for place, told in enumerate(permutations([1, 2, 3])):
        customer = uuid4()
        events: dict[int, Event] = {
            1: registered(customer, **_KNOWN),
            2: updated(customer, 2, **{**_KNOWN, "industry": "coffee"}),
            3: updated(customer, 3, **{**_KNOWN, "industry": None, "region": "330100"}),
        }
        await heard(still, *(events[version] for version in told), events[told[0]])
        async with still.read() as db:
            known = await profiles_of(db, [uuid4(), customer])
        found = {name: getattr(known, name).tolist() for name in ("kind", "industry", "region", "size")}
        assert found == {
            "kind": ["", "organisation"],
            "industry": ["", ""],
            "region": ["", "330100"],
            "size": ["", "50-200"],
        }, place


async def test_an_event_from_before_attributes_were_told_takes_none_away(still: Database) -> None:
    customer = uuid4()
    wire = to_cloudevent(updated(customer, 2), uuid4(), NOW, None)
    for name in (*_KNOWN, "referred_by"):
        del wire["data"][name]
    old = parse(wire).event
    await heard(still, registered(customer, **_KNOWN), old)
    async with still.read() as db:
        assert (await profiles_of(db, [customer])).industry.tolist() == ["tea"]
    assert await rows(still, "SELECT version FROM customer_ref") == [{"version": 2}]


async def test_customers_of_a_file_are_known_and_merged_ones_speak_through_their_keeper(
    still: Database,
) -> None:
    kept, absorbed = uuid4(), uuid4()
    loaded = tuple(
        ReferenceRow(
            customer_id=one, version=1, distributor_id=None, owner_id=None, org_unit_id=None, status="active",
            channel=None, kind="person", industry=industry,
        )
        for one, industry in ((kept, "tea"), (absorbed, "wine"))
    )  # fmt: skip
    event = CustomersImported(subject=uuid4(), version=1, distributor_id=None, customers=loaded)
    merged = CustomerMerged(
        subject=absorbed,
        version=2,
        status="merged",
        merged_into=kept,
        kind="person",
        industry="wine",
        **_STATE,
    )
    await heard(still, event, merged)
    async with still.read() as db:
        known = await profiles_of(db, [kept])
    assert known.industry.tolist() == ["tea"]


async def test_a_referral_converts_with_the_first_order_of_the_referred_customer(still: Database) -> None:
    referrer, buyer, silent = uuid4(), uuid4(), uuid4()
    early, late = order(buyer, 30), order(buyer, 10)
    await heard(
        still,
        registered(referrer, **_KNOWN),
        registered(buyer, **_KNOWN, referred_by=referrer),
        registered(silent, **_KNOWN, referred_by=referrer),
        OrderReturned(
            subject=uuid4(), version=1, **order(buyer, 50, kind="return", currency="CNY")
        ),
        recorded(late),
        recorded(early),
    )  # fmt: skip
    async with still.read() as db:
        found, every = await referrals_of(db, [referrer]), await all_referrals(db)
        assert len(await referrals_of(db, [buyer])) == 0
    assert found.referrer.tolist() == every.referrer.tolist() == [str(referrer)] * 2
    converted = dict(zip(found.referred.tolist(), found.converted.tolist(), strict=True))
    first = NOW - timedelta(days=30)
    assert converted == {str(buyer): first.replace(tzinfo=None), str(silent): None}
    await heard(still, voided(early))
    async with still.read() as db:
        again = await referrals_of(db, [referrer])
    assert (NOW - timedelta(days=10)).replace(tzinfo=None) in again.converted.tolist()


async def test_whoever_referred_a_customer_is_scored_anew_when_it_buys(still: Database) -> None:
    referrer, buyer = uuid4(), uuid4()
    await heard(still, registered(buyer, **_KNOWN, referred_by=referrer))
    await _forget_due(still)
    await heard(still, recorded(order(buyer, 1)))
    assert await due(still) == {buyer, referrer}
    await _forget_due(still)
    other = uuid4()
    await heard(still, updated(buyer, 2, **_KNOWN, referred_by=other))
    assert await due(still) == {buyer, referrer, other}
    await _forget_due(still)
    await heard(still, updated(buyer, 3, **_KNOWN, referred_by=other, status="archived"))
    assert await due(still) == set()


async def test_referrals_follow_their_customers_through_merging(still: Database) -> None:
    kept, absorbed, buyer = uuid4(), uuid4(), uuid4()
    await heard(
        still,
        registered(kept, **_KNOWN),
        registered(absorbed, **_KNOWN, referred_by=kept),
        registered(buyer, **_KNOWN, referred_by=absorbed),
        recorded(order(buyer, 5)),
        CustomerMerged(
            subject=absorbed, version=2, status="merged", merged_into=kept, referred_by=kept,
            **_KNOWN, **_STATE,
        ),
    )  # fmt: skip
    async with still.read() as db:
        for found in (await referrals_of(db, [kept]), await all_referrals(db)):
            assert (found.referrer.tolist(), found.referred.tolist()) == ([str(kept)], [str(buyer)])
    state = {**_STATE, "status": "active", **_KNOWN}
    await heard(still, CustomerUnmerged(subject=absorbed, version=3, referred_by=kept, **state))
    async with still.read() as db:
        apart = await all_referrals(db)
    pairs = set(zip(apart.referrer.tolist(), apart.referred.tolist(), strict=True))
    assert pairs == {(str(kept), str(absorbed)), (str(absorbed), str(buyer))}


async def _forget_due(still: Database) -> None:
    async with still.begin() as tx:
        await tx.run(text("DELETE FROM customer_due"))
