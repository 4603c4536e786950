"""Standings: any order and any repetition of what is told gives the same, and merges combine."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.standing import queries
from notify_svc.standing.consumers import STANDING_EVENTS
from notify_svc.standing.domain import Standing
from shared.clock import new_id
from shared.db import Scope
from shared.events import Envelope
from shared.events.complaint import ComplaintMerged, ComplaintOpened, ComplaintReopened, ComplaintResolved
from shared.events.customer import (
    CustomerMerged,
    CustomerUnmerged,
    ImportedOrder,
    OrderRecorded,
    OrderReturned,
    OrdersImported,
    OrdersVoided,
    OrderVoided,
)
from shared.events.interaction import (
    ImportedInteraction,
    InteractionLogged,
    InteractionsImported,
    InteractionsWithdrawn,
    VisitDone,
)
from shared.events.scoring import ObjectionMade, ObjectionWithdrawn, ScoreChanged, StageChanged, TierChanged
from shared.messaging.consumers import take_in_hand
from shared.references import CUSTOMER_EVENTS

DAY = datetime(2026, 3, 1, tzinfo=UTC)
_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}


def day(number: int) -> datetime:
    return DAY + timedelta(days=number)


async def hear(world: Any, *events: Any) -> None:
    """Events as the inbox hands them over, told one after the other a minute apart by their version."""
    async with world.database.begin() as tx:
        for event in events:
            take_in_hand(tx, Envelope(new_id(), DAY + timedelta(minutes=event.version), None, event))
            await {**CUSTOMER_EVENTS, **STANDING_EVENTS}[type(event)](tx, event)


async def standing(world: Any, customer: UUID) -> Standing:
    async with world.database.read() as reader:
        return (await queries.standing_of(reader, [customer]))[customer]


def order(
    event: Any, customer: UUID, at: int, *, order_id: UUID | None = None, version: int = 1, **more: Any
) -> Any:
    named = order_id or new_id()
    said = {"customer_id": customer, "order_id": named, "ordered_at": day(at), "amount_minor": 100}
    of = {"currency": "CNY", "channel": None, "kind": "sale", "distributor_id": None, **more}
    if event is ImportedOrder:
        return ImportedOrder(**said, **of)
    return event(subject=named, version=version, **said, **of)


def complaint(kind: Any, customer: UUID, named: UUID, version: int, **more: Any) -> Any:
    return kind(
        subject=named,
        version=version,
        distributor_id=None,
        customer_id=customer,
        owner_id=None,
        category="delivery",
        severity="high",
        opened_at=day(1),
        closed_at=None,
        **{"resolved_at": None, **more},
    )


def score(customer: UUID, version: int, tier: str, stage: str, level: str) -> ScoreChanged:
    return ScoreChanged(
        subject=customer, version=version, distributor_id=None, tier=tier, stage=stage, level=level,
        probability=None, p_alive=None, expected_value_minor=None, currency=None, scored_at=day(version),
    )  # fmt: skip


def moved(customer: UUID, version: int, before: str | None, to: str) -> TierChanged:
    return TierChanged(subject=customer, version=version, distributor_id=None, from_tier=before, to_tier=to)


def contact(customer: UUID, at: int, named: UUID) -> ImportedInteraction:
    return ImportedInteraction(
        interaction_id=named, customer_id=customer, distributor_id=None, channel="call",
        direction="inbound", occurred_at=day(at),
    )  # fmt: skip


def history(customer: UUID) -> list[Any]:
    """What is told of a customer: two sales that count, a return, a voided one, a complaint, contacts."""
    bought, wrong, imported, undone = (new_id() for _ in range(4))
    open_one, settled, doubled, call, visit, objected = (new_id() for _ in range(6))
    chunk = {"distributor_id": None}
    unlike = order(ImportedOrder, customer, 40, order_id=undone)
    taken = contact(customer, 60, new_id())
    planned = {"assignee_id": new_id(), "starts_at": day(20), "ends_at": day(21)}
    return [
        order(OrderRecorded, customer, 3, order_id=bought),
        order(OrderRecorded, customer, 50, order_id=wrong),
        order(OrderVoided, customer, 50, order_id=wrong, version=2),
        order(OrderReturned, customer, 51, kind="return"),
        OrdersImported(
            subject=new_id(),
            version=1,
            orders=(order(ImportedOrder, customer, 9, order_id=imported), unlike),
            **chunk,
        ),
        OrdersVoided(subject=new_id(), version=1, orders=(unlike,), **chunk),
        complaint(ComplaintOpened, customer, open_one, 1),
        complaint(ComplaintResolved, customer, open_one, 3, resolved_at=day(2)),
        complaint(ComplaintReopened, customer, open_one, 4),
        complaint(ComplaintOpened, customer, settled, 1),
        complaint(ComplaintResolved, customer, settled, 2, resolved_at=day(2)),
        complaint(ComplaintOpened, customer, doubled, 1),
        complaint(ComplaintMerged, customer, doubled, 2, merged_into=open_one),
        InteractionLogged(
            subject=call, version=1, customer_id=customer, channel="call", direction="inbound",
            occurred_at=day(12), kind="call", **chunk,
        ),
        VisitDone(subject=visit, version=3, customer_id=customer, **planned, **chunk),
        InteractionsImported(subject=new_id(), version=1, interactions=(taken,), **chunk),
        InteractionsWithdrawn(subject=new_id(), version=1, interactions=(taken,), **chunk),
        ObjectionMade(subject=objected, version=1, customer_id=customer, **chunk),
        score(customer, 1, "ordinary", "new", "low"),
        score(customer, 2, "core", "active", "high"),
        moved(customer, 1, None, "ordinary"),
        moved(customer, 2, "ordinary", "core"),
        StageChanged(subject=customer, version=2, from_stage="new", to_stage="active", **chunk),
    ]  # fmt: skip


def expected(customer: UUID, **other: Any) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "orders": 2,
        "first_order_at": day(3),
        "last_order_at": day(9),
        "last_contact_at": day(20),
        "open_complaints": 1,
        "objects": True,
        "tier": "core",
        "tier_since": DAY + timedelta(minutes=2),
        "stage": "active",
        "stage_since": DAY + timedelta(minutes=2),
        "churn_level": "high",
        "churn_since": day(2),
        **other,
    }


def shown(found: Standing, names: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in names}


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_and_any_repetition_gives_the_same_standing(world: Any, seed: int) -> None:
    customer = await world.customer()
    told = history(customer)
    shuffled = random.Random(seed).sample(told * 2, len(told) * 2) if seed else told
    for event in shuffled:
        await hear(world, event)
    wanted = expected(customer)
    assert shown(await standing(world, customer), wanted) == wanted


async def test_a_chunk_may_name_a_thing_twice_and_a_thousand_things_at_once(world: Any) -> None:
    customer = await world.customer()
    one = order(ImportedOrder, customer, 1)
    others = tuple(order(ImportedOrder, customer, n % 7) for n in range(998))
    chunk = OrdersImported(subject=new_id(), version=1, distributor_id=None, orders=(one, one, *others))
    await hear(world, chunk)
    await hear(world, chunk)
    assert (await standing(world, customer)).orders == 999


async def test_an_objection_that_is_withdrawn_holds_no_more(world: Any) -> None:
    customer, named = await world.customer(), new_id()
    about = {"subject": named, "customer_id": customer, "distributor_id": None}
    await hear(world, ObjectionWithdrawn(version=2, **about), ObjectionMade(version=1, **about))
    assert not (await standing(world, customer)).objects


async def test_a_merged_customer_adds_to_the_one_that_it_is_now_until_they_are_taken_apart(
    world: Any,
) -> None:
    old, new = await world.customer(), await world.customer()
    await hear(
        world, *history(old), order(OrderRecorded, new, 70), score(new, 5, "important", "loyal", "low")
    )
    await hear(world, CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **_STATE))
    await hear(world, order(OrderRecorded, old, 80))
    both = {
        "orders": 4,
        "first_order_at": day(3),
        "last_order_at": day(80),
        "tier": "important",
        "objects": True,
    }
    for asked in (old, new):
        assert shown(await standing(world, asked), both) == both
    await hear(world, CustomerUnmerged(subject=old, version=3, status="active", **_STATE))
    assert (await standing(world, new)).orders == 1
    alone = expected(old, orders=3, last_order_at=day(80))
    assert shown(await standing(world, old), alone) == alone


async def test_of_whom_nothing_was_told_the_standing_is_empty(world: Any) -> None:
    stranger = new_id()
    assert await standing(world, stranger) == Standing(stranger)


async def test_who_was_not_heard_of_for_long_is_found_by_tier_page_by_page(world: Any) -> None:
    quiet, never, lately, other, gone = [await world.customer() for _ in range(5)]
    for customer in (quiet, never, lately, gone):
        await hear(world, score(customer, 1, "core", "active", "low"))
    await hear(world, score(other, 1, "ordinary", "active", "low"))
    for customer, at in ((quiet, 1), (lately, 1), (lately, 30)):
        told = (contact(customer, at, new_id()),)
        await hear(
            world, InteractionsImported(subject=new_id(), version=1, distributor_id=None, interactions=told)
        )
    await hear(world, CustomerMerged(subject=gone, version=2, status="merged", merged_into=lately, **_STATE))
    asked = {"tier": "core", "before": day(20)}
    async with world.database.read() as reader:
        found = await queries.quiet_since(reader, **asked, after=UUID(int=0), most=9)
        first = await queries.quiet_since(reader, **asked, after=UUID(int=0), most=1)
        second = await queries.quiet_since(reader, **asked, after=first[0].customer_id, most=1)
    assert {tuple(each) for each in found} == {(quiet, day(1)), (never, None)}
    assert [*first, *second] == found


async def test_a_partner_sees_the_standing_of_its_own_customers_alone(world: Any) -> None:
    mine, others = new_id(), new_id()
    customer = await world.customer(distributor_id=mine)
    await hear(
        world,
        order(OrderRecorded, customer, 1, distributor_id=mine),
        score(customer, 1, "core", "new", "low"),
    )
    for distributor, orders in ((mine, 1), (others, 0)):
        async with world.database.begin(Scope(frozenset({distributor}))) as tx:
            found = (await queries.standing_of(tx, [customer]))[customer]
            assert (found.orders, found.tier) == (orders, "core" if orders else None)
