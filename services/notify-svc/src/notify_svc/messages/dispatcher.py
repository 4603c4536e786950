"""The loop that sends: each sender is one lane, held by one worker at a time, and no lane delays another."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Any

import structlog

from notify_svc.messages import domain, lanes, metrics, planning, queries, settling
from notify_svc.messages.addresses import hash_of
from notify_svc.messages.commands import BELL
from notify_svc.messages.desk import Desk
from notify_svc.messages.lanes import LEASE, Lane, LaneLost
from notify_svc.messages.planning import Planned, Ready
from notify_svc.messages.sending import Attempted, Send, Sending
from notify_svc.messages.settling import Fate, Tried
from notify_svc.recipients.domain import Person, Ref
from notify_svc.senders.domain import ROBOTS, Accepted, Later, Refused
from notify_svc.senders.queries import Sender
from shared.db import Database, Record
from shared.loops import every
from shared.problems import Unavailable

LOOK_SECONDS = 1.0
_LANES = 8
_AT_ONCE = 12
WIDTH = 4
"""How many messages of one sender are under way at a time."""
_MOST_DIGESTED = 50
_MINUTE = 60.0
_OWN_FAULT = frozenset(
    {
        "login_refused",
        "login_not_offered",
        "tls_not_offered",
        "certificate_invalid",
        "secrets_unreadable",
        "address_not_public",
    }
)
"""Why a sender fails whatever it is given: its messages wait until somebody has mended it."""
_log = structlog.get_logger()


class Dispatcher:
    """Sends what is due, by all senders side by side; any number of workers may do so at once."""

    def __init__(
        self, database: Database, desk: Desk, *, seconds: float = LOOK_SECONDS, lease: timedelta = LEASE
    ) -> None:
        self._database = database
        self._desk = desk
        self._send = Sending(desk)
        self._seconds = seconds
        self._lease = lease

    async def run(self) -> None:
        """The loop: at once when somebody here asks for a message, else every second."""
        await every(self._seconds, self.send_until_quiet, bell=self._database.signal(BELL))()

    async def send_until_quiet(self) -> None:
        """Send everything that is due now and may leave."""
        async with self._database.read() as reader:
            if not await queries.anything_due(reader):
                return
        while await self._served_some():
            pass

    async def _served_some(self) -> bool:
        async with self._database.begin() as tx:
            taken = await lanes.prepare_lanes(tx, _LANES, self._lease)
        await asyncio.gather(*(self._serve(lane) for lane in taken))
        return bool(taken)

    async def _serve(self, lane: Lane) -> None:
        """Send one batch by this sender, and let it go."""
        try:
            await self._batch(lane)
        except LaneLost:
            return
        except Unavailable:
            async with self._database.begin() as tx:
                failures = await lanes.hold(tx, lane)
                await lanes.leave(tx, lane, failures=failures, rest=domain.REST[0])

    async def _batch(self, lane: Lane) -> None:
        sender = lane.sender
        robot = sender["kind"] in ROBOTS
        async with self._database.read() as reader:
            rows = await queries.due(reader, sender["id"], _MOST_DIGESTED if robot else _AT_ONCE)
            recent = await queries.recent(reader, sender["id"])
            texts = await self._desk.texts(reader, [row["template"] for row in rows])
        free = sender["per_minute"] - recent.used
        if free <= 0:
            await self._rest(lane, self._until_free(recent.oldest))
            return
        people = await self._desk.find(planning.people_asked(rows, sender))
        ready, fates = await self._judged(lane, rows if robot else rows[:free], people, texts)
        batches, carried = _digested(ready, free) if robot else (ready, {})
        async with self._kept(lane):
            attempts = await self._sent(sender, batches)
        await self._settle(lane, batches, attempts, carried, fates)

    async def _judged(
        self,
        lane: Lane,
        rows: Sequence[Record],
        people: Mapping[Ref, Person],
        texts: Mapping[str, Any],
    ) -> tuple[list[Ready], list[Fate]]:
        """Which may leave now, and what becomes of the others; what may leave is counted from here on."""
        desk, ready, fates = self._desk, [], []
        places = {row["id"]: planning.address(row, lane.sender, people) for row in rows}
        async with self._database.begin() as tx:
            await lanes.hold(tx, lane)
            gone = await queries.suppressed(tx, self._hashes(rows, places))
            open_rows = [row for row in rows if not isinstance(places[row["id"]], Fate)]
            fates += [fate for fate in places.values() if isinstance(fate, Fate)]
            planned: list[Planned] = []
            for row in open_rows:
                made = planning.filled(desk, row, places[row["id"]], people, texts)  # type: ignore[arg-type]
                if isinstance(made, Ready) and made.address_hash in gone:
                    made = planning.ended(row, "bounced", state="blocked")
                planned.append(made)
            fates += [each for each in planned if isinstance(each, Fate)]
            leaving = [each for each in planned if isinstance(each, Ready)]
            asked = [planning.sending(each.row, people) for each in leaving]
            verdicts = iter(await desk.judge(tx, [each for each in asked if each is not None]))
            for each, question in zip(leaving, asked, strict=True):
                fate = None
                if question is not None:
                    verdict = next(verdicts)
                    wait = 0.0
                    if verdict.not_before is not None:
                        wait = max((verdict.not_before - tx.now).total_seconds(), 1.0)
                    fate = planning.verdict_of(each.row, verdict, wait)
                if fate is None:
                    ready.append(each)
                else:
                    fates.append(fate)
        return ready, fates

    def _hashes(self, rows: Sequence[Record], places: Mapping[Any, Any]) -> list[bytes]:
        return [
            hash_of(self._desk.sealer, row["channel"], places[row["id"]])
            for row in rows
            if isinstance(places[row["id"]], str)
        ]

    @asynccontextmanager
    async def _kept(self, lane: Lane) -> AsyncIterator[None]:
        """The sender stays in these hands however long the other side takes; losing it is noticed after."""
        beat = asyncio.create_task(self._hold_on(lane))
        try:
            yield
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)

    async def _hold_on(self, lane: Lane) -> None:
        while True:
            await asyncio.sleep(lane.lease.total_seconds() / 3)
            async with self._database.begin() as tx:
                await lanes.hold(tx, lane)

    async def _sent(self, sender: Sender, batch: Sequence[Ready]) -> list[Attempted]:
        width = asyncio.Semaphore(1 if sender["kind"] in ROBOTS else WIDTH)

        async def one(send: Send, ready: Ready) -> Attempted:
            async with width:
                return await send(ready)

        async with self._send.line(sender) as send:
            return await asyncio.gather(*(one(send, each) for each in batch))

    async def _settle(
        self,
        lane: Lane,
        batch: Sequence[Ready],
        attempts: Sequence[Attempted],
        carried: Mapping[Any, Sequence[Ready]],
        fates: Sequence[Fate],
    ) -> None:
        now = self._desk.now().astimezone(UTC)
        settled, tried = list(fates), []
        for ready, attempt in zip(batch, attempts, strict=True):
            fate = self._fate(ready, attempt)
            settled.append(fate)
            tried.append(_tried(lane, ready, attempt, now))
            settled += [_along(other, ready, fate) for other in carried.get(ready.row["id"], ())]
        for each in settled:
            metrics.count(each)
        async with self._database.begin() as tx:
            failures = await lanes.hold(tx, lane)
            await settling.settle(tx, settled, tried)
            failing = sum(map(_own_failure, attempts))
            failures = 0 if failing < len(attempts) or not attempts else failures + 1
            await lanes.leave(tx, lane, failures=failures, rest=_rest(failures, attempts))

    def _fate(self, ready: Ready, attempt: Attempted) -> Fate:
        row, result = ready.row, attempt.result
        about = {
            "id": row["id"],
            "channel": row["channel"],
            "tries": 1,
            "template_version": ready.version,
            "address_hash": ready.address_hash,
        }
        if isinstance(result, Accepted):
            return Fate(state="sent", provider_id=result.provider_id, **about)
        own = result.reason in _OWN_FAULT
        if isinstance(result, Refused) and not own:
            other = domain.following(row["channels"], row["channel"]) if result.address else None
            if other is not None:
                return Fate(state="pending", **{**about, "channel": other})
            return Fate(state="failed", reason=result.reason, **about)
        after = result.after if isinstance(result, Later) else None
        wait = domain.next_wait(row["attempts"] + 1, after, self._desk.chance())
        if wait is None:
            return Fate(state="failed", reason=result.reason, **about)
        return Fate(state="pending", reason=result.reason, wait=wait, **about)

    async def _rest(self, lane: Lane, seconds: float) -> None:
        async with self._database.begin() as tx:
            failures = await lanes.hold(tx, lane)
            await lanes.leave(tx, lane, failures=failures, rest=seconds)

    def _until_free(self, oldest: Any) -> float:
        """Seconds until the oldest use of this minute is out of it."""
        passed = (self._desk.now() - oldest).total_seconds() if oldest else 0.0
        return min(max(_MINUTE - passed, 0.5), _MINUTE)


def _digested(ready: Sequence[Ready], free: int) -> tuple[list[Ready], dict[Any, Sequence[Ready]]]:
    """As many as may leave now; when there are more, the last one carries all others along."""
    if len(ready) <= free:
        return list(ready), {}
    rest = ready[free - 1 :]
    carrier = planning.digest_of(rest)
    return [*ready[: free - 1], carrier], {carrier.row["id"]: rest[1:]}


def _along(other: Ready, carrier: Ready, fate: Fate) -> Fate:
    """What becomes of a message that was carried along: it waits as its carrier does."""
    sent = fate.state == "sent"
    return Fate(
        id=other.row["id"],
        channel=other.row["channel"],
        state="digested" if sent else "pending",
        reason=fate.reason,
        wait=fate.wait,
        digest_id=carrier.row["id"] if sent else None,
        template_version=other.version,
    )


def _tried(lane: Lane, ready: Ready, attempt: Attempted, now: Any) -> Tried:
    result = attempt.result
    outcome = {Accepted: "sent", Later: "later", Refused: "refused"}[type(result)]
    return Tried(
        message_id=ready.row["id"],
        number=ready.row["attempts"] + 1,
        sender_id=lane.sender["id"],
        channel=ready.row["channel"],
        at=now,
        duration_ms=attempt.duration_ms,
        outcome=outcome,
        reason=None if isinstance(result, Accepted) else result.reason,
        provider_id=result.provider_id if isinstance(result, Accepted) else None,
    )


def _own_failure(attempt: Attempted) -> bool:
    result = attempt.result
    return isinstance(result, Later) or (isinstance(result, Refused) and result.reason in _OWN_FAULT)


def _rest(failures: int, attempts: Sequence[Attempted]) -> float:
    asked = [each.result.after or 0.0 for each in attempts if isinstance(each.result, Later)]
    return max([domain.rest(failures), *asked])
