"""What an inbox makes of deliveries: once, in order, and nothing lost on the way."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.db import Tx
from shared.events import Event, to_cloudevent
from shared.messaging import Delivery, Inbox, Retries, dead_letters
from shared.messaging.consumers import Consumers
from shared.telemetry.trace import current_traceparent
from shared.testing.talking import Listener, ThingIgnored, ThingMoved, moved, write_down

MORNING = datetime(2026, 1, 1, 8, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _wire(event: Event | None = None, **other: Any) -> Delivery:
    body = {**to_cloudevent(event or moved(), uuid4(), MORNING, TRACE), **other}
    return Delivery(json.dumps(body), "events", body["type"])


async def _letters(listener: Listener) -> list[tuple[str, int]]:
    return [
        (row["reason"], row["attempts"])
        for row in await listener.fetch("SELECT reason, attempts FROM dead_letter ORDER BY id")
    ]


async def test_a_batch_is_handled_in_order_and_each_event_once(listener: Listener) -> None:
    first, second = _wire(moved(version=1)), _wire(moved(version=2))
    await listener.inbox.deliver([first, second, first])
    await listener.inbox.deliver([second, _wire(moved(version=3))])
    assert [version for _, version in await listener.ledger()] == [1, 2, 3]


async def test_unknown_types_and_newer_versions_are_parked_at_once(listener: Listener) -> None:
    await listener.inbox.deliver(
        [
            _wire(type="thing.sung.v1"),
            _wire(moved(version=5)),
            _wire(type="thing.moved.v2"),
            _wire(ThingIgnored(subject=uuid4(), version=1, distributor_id=None)),
            _wire(data={"weight": "heavy"}),
        ]
    )
    assert await _letters(listener) == [
        ("unknown_type", 1),
        ("newer_version", 1),
        ("unhandled", 1),
        ("malformed", 1),
    ]
    assert [version for _, version in await listener.ledger()] == [5]


async def test_what_is_parked_again_stays_one_letter(listener: Listener) -> None:
    odd = _wire(type="thing.sung.v1")
    await listener.inbox.deliver([odd])
    await listener.inbox.deliver([odd, Delivery("{", "events", "x"), Delivery("{", "events", "x")])
    assert await _letters(listener) == [("unknown_type", 1), ("malformed", 1)]


async def test_a_failed_batch_undoes_its_effects_and_goes_one_by_one(listener: Listener) -> None:
    async def handle(tx: Tx, event: ThingMoved) -> None:
        await write_down(tx, event)
        if event.weight == 13:
            raise LookupError

    listener.handle = handle
    await listener.inbox.deliver([_wire(moved(version=1)), _wire(moved(weight=13)), _wire(moved(version=2))])
    assert [version for _, version in await listener.ledger()] == [1, 2]
    (waiting,) = await listener.fetch("SELECT attempts, error_class FROM inbox_retry")
    assert tuple(waiting) == (1, "LookupError")


async def test_an_event_that_kills_its_process_is_given_up(listener: Listener) -> None:
    """A process that dies leaves no trace but the broker's word that the event was in hand before."""

    async def die(tx: Tx, event: ThingMoved) -> None:
        raise SystemExit

    listener.handle = die
    poison = _wire()
    for attempt in range(6):
        with pytest.raises(SystemExit):
            await listener.inbox.deliver([replace(poison, redelivered=attempt > 0)])
    await listener.inbox.deliver([replace(poison, redelivered=True), replace(_wire(), redelivered=False)][:1])
    assert await _letters(listener) == [("crashed", 5)]


async def test_what_was_in_hand_beside_a_killer_is_not_blamed(listener: Listener) -> None:
    async def die(tx: Tx, event: ThingMoved) -> None:
        if event.weight == 13:
            raise SystemExit
        await write_down(tx, event)

    listener.handle = die
    batch = [_wire(moved(version=1)), _wire(moved(weight=13)), _wire(moved(version=2))]
    for attempt in range(6):
        with pytest.raises(SystemExit):
            await listener.inbox.deliver([replace(one, redelivered=attempt > 0) for one in batch])
    await listener.inbox.deliver([replace(one, redelivered=True) for one in batch])
    assert [version for _, version in await listener.ledger()] == [1, 2]
    assert await _letters(listener) == [("crashed", 5)]


async def test_each_attempt_waits_longer(listener: Listener) -> None:
    now = MORNING

    async def fail(tx: Tx, event: ThingMoved) -> None:
        raise LookupError

    database = listener.database
    database._clock = lambda: now
    waits = [1, 5, 30, 300]
    inbox = Inbox(
        "listener",
        database,
        Consumers({ThingMoved: fail}),
        backoff=[timedelta(seconds=seconds) for seconds in waits],
    )
    retries = Retries(inbox)
    await inbox.deliver([_wire()])
    for seconds in waits:
        now += timedelta(seconds=seconds - 0.5)
        assert await retries.try_due() == 0
        now += timedelta(seconds=0.5)
        assert await retries.try_due() == 1
    assert await _letters(listener) == [("attempts_exhausted", 5)]
    (letter,) = await listener.fetch("SELECT first_at, last_at FROM dead_letter")
    assert tuple(letter) == (MORNING, now)


async def test_an_attempt_in_progress_is_nobody_elses(listener: Listener) -> None:
    others: list[int] = []
    retries = Retries(listener.inbox)

    async def handle(tx: Tx, event: ThingMoved) -> None:
        if event.weight == 13 and not others:
            others.append(-1)
            raise LookupError
        others.append(await retries.try_due())

    listener.handle = handle
    await listener.inbox.deliver([_wire(moved(weight=13))])
    while not await retries.try_due():
        pass
    assert others == [-1, 0]


async def test_replaying_what_is_handled_meanwhile_changes_nothing(listener: Listener) -> None:
    broken = True

    async def handle(tx: Tx, event: ThingMoved) -> None:
        if broken:
            raise LookupError
        await write_down(tx, event)

    listener.handle = handle
    event, retries = _wire(), Retries(listener.inbox)
    await listener.inbox.deliver([event])
    while not await _letters(listener):
        await retries.try_due()
    broken = False
    await listener.inbox.deliver([event])
    (letter,) = await listener.fetch("SELECT id FROM dead_letter")
    for _ in range(2):
        async with listener.database.begin() as tx:
            assert await dead_letters.replay(tx, letter["id"])
        assert await retries.try_due() == 1
    assert len(await listener.ledger()) == 1
    async with listener.database.begin() as tx:
        assert not await dead_letters.replay(tx, uuid4())


async def test_what_a_handler_tells_belongs_to_the_trace_of_what_it_heard(listener: Listener) -> None:
    heard: list[str | None] = []

    async def handle(tx: Tx, event: ThingMoved) -> None:
        heard.append(current_traceparent())

    listener.handle = handle
    await listener.inbox.deliver([_wire()])
    assert [(trace or "").split("-")[1] for trace in heard] == [TRACE.split("-")[1]]
    assert current_traceparent() is None


async def test_the_inbox_forgets_after_a_month(listener: Listener) -> None:
    await listener.inbox.deliver([_wire() for _ in range(5)])
    retries = Retries(listener.inbox)
    assert await retries.clear() == 0
    later = datetime.now(UTC) + timedelta(days=31)
    listener.database._clock = lambda: later
    assert await retries.clear() == 5
