"""The inbox: every event takes effect once; one that fails waits or is parked, and holds up no other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from shared.db import EVERYTHING, Database, Tx
from shared.events import Envelope, UnreadableEventError, read
from shared.loops import must_end
from shared.messaging import dead_letters, inbox_rows, metrics
from shared.messaging.bus import Delivery
from shared.messaging.consumers import Consumers, take_in_hand
from shared.messaging.dead_letters import Parking
from shared.telemetry.logs import where
from shared.telemetry.trace import child_of

BACKOFF = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
)
DEADLINE_SECONDS = 30.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Letter:
    envelope: Envelope
    delivery: Delivery

    @property
    def id(self) -> UUID:
        return self.envelope.id


class Inbox:
    """One service's inbox.

    A failed event is tried again after each of `backoff` and then parked. Later events of the same subject
    are not held back meanwhile: handlers compare versions, so the late one finds itself outdated or fills in.
    """

    def __init__(
        self,
        consumer: str,
        database: Database,
        consumers: Consumers,
        *,
        backoff: Sequence[timedelta] = BACKOFF,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self.consumer = consumer
        self.database = database
        self._consumers = consumers
        self._backoff = tuple(backoff)
        self._deadline = deadline
        self.lease = timedelta(seconds=deadline * 1.5)

    async def deliver(self, batch: Sequence[Delivery]) -> None:
        """Take care of a batch: one transaction for all of it, or one by one when something fails.

        When this returns, each event is handled, waits for its next attempt, or is parked. What may have
        been in hand when a process died is counted before it is touched, so that an event which kills the
        process is given up, too. Raises `Unavailable` when the database is away; nothing may be
        acknowledged then.
        """
        letters = [letter for delivery in batch if (letter := await self._opened(delivery, attempts=1))]
        suspects = [letter for letter in letters if letter.delivery.redelivered]
        if suspects:
            await self._one_by_one(suspects)
        fresh = [letter for letter in letters if not letter.delivery.redelivered]
        if len(fresh) > 1 and await self._together(fresh):
            return
        for letter in fresh:
            await self._alone(letter, attempts=None)

    async def attempt(self, delivery: Delivery, attempts: int) -> None:
        """Try an event whose attempt is counted; fails and raises like `deliver`."""
        letter = await self._opened(delivery, attempts)
        if letter is not None:
            await self._alone(letter, attempts)

    async def _opened(self, delivery: Delivery, attempts: int) -> _Letter | None:
        """The event, or None if it had to be parked because no repetition can help."""
        try:
            letter = _Letter(read(delivery.body), delivery)
        except UnreadableEventError as error:
            reading = Parking(error.reason, attempts, type(error).__name__, error.event_id, error.event_type)
            await self._park(delivery, reading)
            return None
        event = letter.envelope.event
        if not self._consumers.handlers(type(event)):
            await self._park(delivery, Parking("unhandled", attempts, None, letter.id, event.type))
            return None
        return letter

    async def _one_by_one(self, suspects: Sequence[_Letter]) -> None:
        async with self.database.read(EVERYTHING) as db:
            done = await inbox_rows.handled(db, self.consumer, [letter.id for letter in suspects])
        for letter in suspects:
            if letter.id not in done:
                async with self.database.begin(EVERYTHING) as tx:
                    attempts = await self._count(tx, letter)
                await self._alone(letter, attempts)

    async def _together(self, letters: Sequence[_Letter]) -> bool:
        try:
            async with self._begin() as tx:
                await self._handle(tx, letters)
        except BaseException as error:
            if must_end(error):
                raise
            return False
        return True

    async def _alone(self, letter: _Letter, attempts: int | None) -> None:
        """Handle one event; `attempts` includes this one if it is counted already."""
        if attempts is not None and attempts > len(self._backoff) + 1:
            parking = Parking("crashed", attempts - 1, None, letter.id, letter.envelope.event.type)
            await self._park(letter.delivery, parking)
            return
        try:
            async with self._begin() as tx:
                await self._handle(tx, [letter])
                if attempts is not None:
                    await inbox_rows.forget(tx, self.consumer, letter.id)
        except BaseException as error:
            if must_end(error):
                raise
            await self._failed(letter, attempts, error)

    async def _failed(self, letter: _Letter, attempts: int | None, error: BaseException) -> None:
        """Postpone or park, in a transaction of its own; if that fails too, the database is to blame."""
        kind, event_type = type(error).__name__, letter.envelope.event.type
        async with self.database.begin(EVERYTHING) as tx:
            made = await self._count(tx, letter) if attempts is None else attempts
            if made <= len(self._backoff):
                until = tx.now + self._backoff[made - 1]
                await inbox_rows.postpone(tx, self.consumer, letter.id, until, kind)
        _log.warning(
            "event failed",
            consumer=self.consumer,
            event_id=str(letter.id),
            event_type=event_type,
            attempts=made,
            error=kind,
            where=where(error.__traceback__),
        )
        if made > len(self._backoff):
            await self._park(
                letter.delivery, Parking("attempts_exhausted", made, kind, letter.id, event_type)
            )
        else:
            metrics.retried.add(1, {"service": self.consumer, "type": event_type})

    async def _handle(self, tx: Tx, letters: Sequence[_Letter]) -> None:
        new = await inbox_rows.receive(tx, self.consumer, [letter.id for letter in letters])
        handled: list[str] = []
        for letter in letters:
            if letter.id in new:
                new.discard(letter.id)
                event = letter.envelope.event
                take_in_hand(tx, letter.envelope)
                with bound_contextvars(traceparent=child_of(letter.envelope.traceparent)):
                    for handler in self._consumers.handlers(type(event)):
                        await handler(tx, event)
                handled.append(event.type)
        tx.after_commit(lambda: self._count_handled(handled, len(letters) - len(handled)))

    def _count_handled(self, types: Sequence[str], duplicates: int) -> None:
        for event_type in types:
            metrics.consumed.add(1, {"service": self.consumer, "type": event_type})
        if duplicates:
            metrics.duplicates.add(duplicates, {"service": self.consumer})

    async def _count(self, tx: Tx, letter: _Letter) -> int:
        return await inbox_rows.count(tx, self.consumer, letter.id, letter.delivery, lease=self.lease)

    async def _park(self, delivery: Delivery, parking: Parking) -> None:
        async with self.database.begin(EVERYTHING) as tx:
            event_id = await dead_letters.park(tx, self.consumer, delivery, parking)
        _log.error(
            "event parked",
            consumer=self.consumer,
            event_id=str(event_id),
            reason=parking.reason,
            attempts=parking.attempts,
            error=parking.error_class,
        )
        metrics.parked.add(1, {"service": self.consumer, "reason": parking.reason})

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Tx]:
        async with (
            asyncio.timeout(self._deadline),
            self.database.begin(EVERYTHING, timeout=self._deadline) as tx,
        ):
            yield tx
