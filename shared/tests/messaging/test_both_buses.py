"""What holds on every bus: nothing told is lost, every effect happens once, a bad event holds up no other."""

from uuid import uuid4

import pytest

from shared.db import Tx
from shared.messaging import outbox
from shared.messaging.dead_letters import replay
from shared.testing.talking import Talk, ThingIgnored, ThingMoved, eventually, moved, write_down


async def _settled(talk: Talk) -> None:
    """Everything told is safe, and nothing waits for another attempt."""

    async def quiet() -> bool:
        return not await talk.teller.unpublished() and not await talk.listener.fetch(
            "SELECT FROM inbox_retry"
        )

    await eventually(quiet)


async def _heard(talk: Talk, count: int) -> None:
    async def so_many() -> bool:
        return len(await talk.listener.ledger()) >= count

    await eventually(so_many)
    await _settled(talk)


async def test_what_is_told_takes_effect_once(talk: Talk) -> None:
    told = [moved() for _ in range(450)]
    await talk.teller.tell(*told)
    await _heard(talk, 450)
    assert sorted(await talk.listener.ledger()) == sorted((event.subject, 1) for event in told)


async def test_a_rolled_back_change_tells_nothing(talk: Talk) -> None:
    async def fail() -> None:
        async with talk.teller.database.begin() as tx:
            outbox.record(tx, moved())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await talk.teller.tell(moved(version=7))
    await _heard(talk, 1)
    assert [version for _, version in await talk.listener.ledger()] == [7]


async def test_one_subject_is_heard_in_order(talk: Talk) -> None:
    subjects = [uuid4() for _ in range(5)]
    for version in range(1, 31):
        await talk.teller.tell(*(moved(subject, version) for subject in subjects))
    await _heard(talk, 150)
    ledger = await talk.listener.ledger()
    for subject in subjects:
        assert [version for heard, version in ledger if heard == subject] == list(range(1, 31))


async def test_told_twice_takes_effect_once(talk: Talk) -> None:
    await talk.teller.tell(*(moved() for _ in range(20)))
    await _heard(talk, 20)
    async with talk.teller.database.begin() as tx:
        await tx.connection.execute("UPDATE outbox SET published_at = NULL")
    await talk.teller.tell(moved(version=2))
    await _heard(talk, 21)
    assert len(await talk.listener.ledger()) == 21


async def test_a_publication_that_is_not_noted_is_repeated_without_a_second_effect(talk: Talk) -> None:
    """A relay that dies between publishing and noting it."""
    publish = talk.bus.publish
    deaths = iter(range(2))

    class Dying:
        async def publish(self, batch: list[outbox.OutboxRow]) -> set[object]:
            confirmed = await publish(batch)
            if next(deaths, None) is not None:
                raise ConnectionResetError
            return set(confirmed)

    talk.relay._bus = Dying()  # type: ignore[assignment]
    await talk.teller.tell(moved(), moved())
    await _heard(talk, 2)
    assert next(deaths, None) is None
    assert len(await talk.listener.ledger()) == 2


async def test_a_poisoned_event_is_parked_after_five_attempts(talk: Talk) -> None:
    tried = []

    async def handle(tx: Tx, event: ThingMoved) -> None:
        tried.append(event.weight)
        await write_down(tx, event)
        if event.weight == 13:
            raise LookupError("a secret value")

    talk.listener.handle = handle
    await talk.teller.tell(moved(weight=13))

    async def parked() -> bool:
        return bool(await talk.listener.fetch("SELECT FROM dead_letter"))

    await eventually(parked)
    (letter,) = await talk.listener.fetch("SELECT * FROM dead_letter")
    assert (letter["reason"], letter["attempts"], letter["error_class"]) == (
        "attempts_exhausted",
        5,
        "LookupError",
    )
    assert letter["payload"]["data"] == {"weight": 13}
    assert letter["routing_key"] == "thing.moved.v1"
    assert "secret" not in str(dict(letter))
    assert tried == [13] * 5
    assert await talk.listener.ledger() == []
    assert not await talk.listener.fetch("SELECT FROM inbox_retry")


async def test_a_bad_event_holds_up_no_other(talk: Talk) -> None:
    async def handle(tx: Tx, event: ThingMoved) -> None:
        if event.weight == 13:
            raise LookupError
        await write_down(tx, event)

    talk.listener.handle = handle
    subject = uuid4()
    await talk.teller.tell(
        moved(), moved(subject, 1, weight=13), moved(subject, 2), *(moved() for _ in range(50))
    )
    await _heard(talk, 52)
    assert (subject, 2) in await talk.listener.ledger()


async def test_replaying_everything_twice_changes_nothing_more(talk: Talk) -> None:
    broken = True

    async def handle(tx: Tx, event: ThingMoved) -> None:
        if broken:
            raise LookupError
        await write_down(tx, event)

    talk.listener.handle = handle
    await talk.teller.tell(moved(), moved())

    async def both_parked() -> bool:
        return len(await talk.listener.fetch("SELECT FROM dead_letter")) == 2

    await eventually(both_parked)
    broken = False
    letters = [row["id"] for row in await talk.listener.fetch("SELECT id FROM dead_letter")]
    for _ in range(2):
        for letter in letters:
            async with talk.listener.database.begin() as tx:
                assert await replay(tx, letter)
        await _heard(talk, 2)
    assert len(await talk.listener.ledger()) == 2
    assert not await talk.listener.fetch("SELECT FROM dead_letter WHERE replayed_at IS NULL")


async def test_an_event_that_nobody_wants_is_done_with(talk: Talk) -> None:
    await talk.teller.tell(ThingIgnored(subject=uuid4(), version=1, distributor_id=None))
    await _settled(talk)
    assert await talk.listener.ledger() == []
    assert await talk.listener.fetch("SELECT FROM dead_letter") == []
