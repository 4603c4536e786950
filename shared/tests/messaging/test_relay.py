"""What the relay does with a bus that takes some events and refuses others."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.messaging import BusUnavailableError, Delivery, LocalBus, Relay, outbox
from shared.messaging.bus import Deliver
from shared.messaging.outbox import OutboxRow
from shared.testing.talking import Teller, ThingMoved, moved


class PickyBus:
    """Takes everything but the aggregates that it refuses."""

    def __init__(self, refused: Collection[UUID] = ()) -> None:
        self.refused = set(refused)
        self.taken: list[OutboxRow] = []

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def declare(self, consumer: str, types: Collection[str]) -> None:
        """Nobody listens."""

    async def subscribe(self, consumer: str, types: Collection[str], deliver: Deliver) -> None:
        """Nobody listens."""

    async def publish(self, batch: Sequence[OutboxRow]) -> set[UUID]:
        """Take what is not refused."""
        fine = [row for row in batch if row.aggregate_id not in self.refused]
        self.taken += fine
        return {row.id for row in fine}


async def test_a_refused_aggregate_is_held_back_and_the_others_go_on(teller: Teller) -> None:
    bad, good = uuid4(), uuid4()
    for version in range(1, 4):
        await teller.tell(moved(bad, version), moved(good, version))
    bus = PickyBus(refused=[bad])
    relay = Relay("teller", teller.database, bus)
    assert await relay.publish_all() == 3
    assert await teller.unpublished() == 3
    bus.refused.clear()
    assert await relay.publish_all() == 3
    assert [row.aggregate_id for row in bus.taken] == [good] * 3 + [bad] * 3


async def test_a_long_refused_backlog_starves_nobody(teller: Teller) -> None:
    bad = uuid4()
    await teller.tell(*(moved(bad, version) for version in range(1, 451)))
    await teller.tell(moved())
    relay = Relay("teller", teller.database, PickyBus(refused=[bad]))
    assert await relay.publish_all() == 1


async def test_two_relays_of_one_service_publish_each_event_once(teller: Teller) -> None:
    await teller.tell(*(moved() for _ in range(600)))
    bus = PickyBus()
    relays = [Relay("teller", teller.database, bus) for _ in range(3)]
    while await teller.unpublished():
        await asyncio.gather(*(relay.publish_all() for relay in relays))
    assert len(bus.taken) == len({row.id for row in bus.taken}) == 600


async def test_what_was_published_is_forgotten_after_a_week(teller: Teller) -> None:
    await teller.tell(*(moved() for _ in range(3)))
    relay = Relay("teller", teller.database, PickyBus())
    await relay.publish_all()
    await teller.tell(moved())
    assert await relay.clear() == 0
    later = datetime.now(UTC) + timedelta(days=8)
    teller.database._clock = lambda: later
    assert await relay.clear() == 3
    assert await teller.unpublished() == 1


async def test_the_local_bus_waits_until_everybody_expected_is_there(teller: Teller) -> None:
    bus = LocalBus(expects=["listener"])
    relay = Relay("teller", teller.database, bus)
    await teller.tell(moved())
    with pytest.raises(BusUnavailableError):
        await relay.publish_all()
    await bus.declare("listener", {ThingMoved.type})
    assert await relay.publish_all() == 0
    heard: list[Delivery] = []

    async def deliver(batch: Sequence[Delivery]) -> None:
        heard.extend(batch)

    listening = asyncio.create_task(bus.subscribe("listener", {ThingMoved.type}, deliver))
    await asyncio.sleep(0)
    assert await relay.publish_all() == 1
    listening.cancel()
    await asyncio.wait([listening])
    await teller.tell(moved())
    assert await relay.publish_all() == 0
    assert len(heard) == 1


async def test_a_consumer_that_fails_holds_back_only_what_it_should_hear(teller: Teller) -> None:
    bus = LocalBus()
    broken = True

    async def deliver(batch: Sequence[Delivery]) -> None:
        if broken:
            raise ConnectionError

    listening = asyncio.create_task(bus.subscribe("listener", {ThingMoved.type}, deliver))
    await asyncio.sleep(0)
    await teller.tell(moved())
    relay = Relay("teller", teller.database, bus)
    assert await relay.publish_all() == 0
    broken = False
    assert await relay.publish_all() == 1
    listening.cancel()
    await asyncio.wait([listening])


async def test_the_same_fact_cannot_be_told_twice(teller: Teller) -> None:
    subject = uuid4()
    await teller.tell(moved(subject, 1))
    with pytest.raises(Exception, match="outbox_fact_key"):
        await teller.tell(moved(subject, 1))
    assert await teller.unpublished() == 1


async def test_what_waits_is_counted(teller: Teller) -> None:
    async with teller.database.read() as db:
        assert await outbox.backlog(db) == outbox.Backlog(0, 0, None)
    await teller.tell(moved(), moved())
    async with teller.database.read() as db:
        waiting = await outbox.backlog(db)
    assert (waiting.unpublished, waiting.failing) == (2, 0)
    assert waiting.oldest_at is not None
