"""The loop that sends: it takes lanes, sends a batch of each, writes down what came of it, and lets go."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import structlog

from notify_svc.deliveries import domain
from notify_svc.deliveries import queries as deliveries
from notify_svc.deliveries.domain import Outcome
from notify_svc.deliveries.matching import BELL
from notify_svc.dispatching import commands, metrics, queries
from notify_svc.dispatching.commands import LaneLost
from notify_svc.dispatching.queries import LEASE, Lane, Turn
from notify_svc.dispatching.sending import Sender
from shared.db import Database, Record
from shared.loops import Pauses, Rarely, must_end, report
from shared.problems import Problem

_log = structlog.get_logger(__name__)

WIDTH = 5
"""At most so many messages are under way to one webhook."""
BATCH = 50
BEGIN_SECONDS = 5.0
"""After so long a batch begins no further message."""
ROOM_SECONDS = 30.0
"""Nor one that waited so long for room: with those under way a batch ends before its lease."""
MOST_LANES = 200
MOST_IN_FLIGHT = 100
LOOK_SECONDS = 1.0
_BATCHES = 4
_GAUGE_SECONDS = 15.0


class Dispatcher:
    """Any number of workers may have one; `chance` (0 to 1) moves the waits between attempts."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        *,
        chance: Callable[[], float] = random.random,
        lease: timedelta = LEASE,
    ) -> None:
        self._db = database
        self._sender = sender
        self._chance = chance
        self._lease = lease
        self._leaving = False
        self._serving: dict[UUID, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._gauge = Rarely(seconds=_GAUGE_SECONDS)

    async def run(self) -> None:
        """Send until cancelled: then what is under way ends. Cancelled once more, it is cut off.

        What was cut off is sent again by whoever takes the lane after its lease.
        """
        pauses, bell = Pauses(), self._db.signal(BELL)
        try:
            while True:
                bell.clear()
                try:
                    await self._take_lanes()
                    await self._measure()
                except BaseException as error:
                    if must_end(error):
                        raise
                    report("webhooks", error)
                    await pauses.wait()
                else:
                    pauses.reset()
                    await _rung(bell)
        finally:
            await self._end()

    async def _end(self) -> None:
        self._leaving = True
        tasks = [*self._serving.values()]
        try:
            if tasks:
                await asyncio.wait(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._sender.outward.close()

    async def _take_lanes(self) -> None:
        free = MOST_LANES - len(self._serving)
        if free <= 0:
            return
        async with self._db.read() as reader:
            if not await queries.anything_due(reader):
                return
        async with self._db.begin() as tx:
            lanes = await queries.claim(tx, most=free, lease=self._lease)
        for lane in lanes:
            task = asyncio.create_task(self._serve(lane), name="webhook lane")
            self._serving[lane.webhook_id] = task
            task.add_done_callback(lambda _, lane=lane: self._served(lane))  # type: ignore[misc]

    def _served(self, lane: Lane) -> None:
        self._serving.pop(lane.webhook_id, None)
        self._db.signal(BELL).set()

    async def _serve(self, lane: Lane) -> None:
        """A few batches, then others may have their turn; a failure lets the lease end by itself."""
        try:
            for _ in range(_BATCHES):
                if self._leaving or not await self._batch(lane):
                    break
            async with self._db.begin() as tx:
                await commands.release(tx, lane)
        except LaneLost:
            metrics.lost.add(1)
            _log.warning("webhook_lane_lost", webhook=str(lane.webhook_id), fence=lane.fence)
        except Problem as problem:
            _log.warning("webhook_lane_failed", webhook=str(lane.webhook_id), error=problem.code)
        except Exception as error:  # noqa: BLE001 -- one lane's failure is no other's
            report("webhook lane", error)

    async def _batch(self, lane: Lane) -> bool:
        """Send what is due, as far as the batch goes; whether to go on."""
        async with self._db.read() as reader:
            turn = await queries.turn(reader, lane, most=BATCH)
        if turn is None or not turn.due:
            return False
        skipped: dict[UUID, str] = {}
        outcomes = await self._sent(turn, skipped)
        due: Mapping[UUID, Record] = {row["id"]: row for row in turn.due}
        async with self._db.begin() as tx:
            held = await commands.hold(tx, lane, lease=self._lease)
            await commands.note(tx, held, due, outcomes, skipped, chance=self._chance)
        return all(outcome.reason is None for outcome in outcomes)

    async def _sent(self, turn: Turn, skipped: dict[UUID, str]) -> list[Outcome]:
        """Up to five at once; none is begun after the batch's time, or after one failed."""
        outcomes: list[Outcome] = []
        secrets = self._sender.secrets(turn.webhook)
        target = self._sender.target(turn.webhook["url"])
        clock = asyncio.get_running_loop().time
        begun, waiting = clock(), iter(turn.due)

        async def work() -> None:
            for row in waiting:
                body = _body(turn, row)
                if body is None:
                    skipped[row["id"]] = "not_allowed"
                    continue
                async with self._room:
                    if clock() - begun > ROOM_SECONDS:
                        return
                    outcome = await self._sender.send(target, secrets, row, body)
                outcomes.append(outcome)
                if outcome.reason is not None or self._leaving or clock() - begun > BEGIN_SECONDS:
                    return

        async with asyncio.TaskGroup() as group:
            for _ in range(min(WIDTH, len(turn.due))):
                group.create_task(work())
        return outcomes

    async def _measure(self) -> None:
        if self._gauge.due():
            async with self._db.read() as reader:
                metrics.oldest_waiting.set(await deliveries.oldest_waiting(reader))


def _body(turn: Turn, row: Record) -> bytes | None:
    """What this webhook may have of the event at this moment; None: nothing any more."""
    if not turn.listener.may_have(row["type"]):
        return None
    data = domain.cut(row["type"], row["data"], row["distributor_id"], turn.listener.seen)
    return None if data is None else domain.body_of(row["type"], row["occurred_at"], data)


async def _rung(bell: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOOK_SECONDS):
            await bell.wait()
