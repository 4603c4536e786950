"""The relay: tells what stands in the outbox, in order per aggregate, until the bus has it safely."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from shared.db import EVERYTHING, Database
from shared.loops import Loops, Rarely
from shared.messaging import metrics, outbox
from shared.messaging.bus import EventBus
from shared.messaging.outbox import OutboxRow

PAGE = 200
SWEEP_SECONDS = 1.0
KEPT = timedelta(days=7)

_PUBLISH_SECONDS = 60
_CLEARED_AT_ONCE = 1000


class Relay:
    """One relay of a service publishes at a time, however many run: an advisory lock decides page by page."""

    def __init__(self, service: str, database: Database, bus: EventBus, *, kept: timedelta = KEPT) -> None:
        self._labels = {"service": service}
        self._database = database
        self._bus = bus
        self._kept = kept
        self._first_page = True
        self._measuring = Rarely(seconds=10)
        self._clearing = Rarely(seconds=300)

    def run_in(self, loops: Loops) -> None:
        """Publish when the outbox's bell rings and every second; forget what was published long ago."""
        bell = self._database.signal(outbox.BELL)
        loops.repeat("relay", self._round, every=SWEEP_SECONDS, bell=bell)

    async def _round(self) -> None:
        try:
            await self.publish_all()
        finally:
            if self._measuring.due():
                await self.measure()
        if self._clearing.due():
            await self.clear()

    async def publish_all(self) -> int:
        """Go once through everything unpublished; how many events became safe.

        An aggregate whose event fails is held back for the rest of the round, the others go on. Raises
        `BusUnavailableError`, or `Unavailable` when the database cannot be reached.
        """
        held: set[UUID] = set()
        after = safe = 0
        while True:
            taken, published, last = await self._page(after, held)
            safe += published
            if taken < PAGE:
                return safe
            after = last

    async def measure(self) -> None:
        """Let the metrics know how old the oldest unpublished event is."""
        async with self._database.read(EVERYTHING) as db:
            oldest = (await outbox.backlog(db)).oldest_at
        age = (self._database.now() - oldest).total_seconds() if oldest else 0.0
        metrics.oldest_unpublished.set(max(age, 0.0), self._labels)

    async def clear(self) -> int:
        """Forget events that were published long ago; how many."""
        forgotten = 0
        while True:
            async with self._database.begin(EVERYTHING) as tx:
                count = await outbox.clear(tx, older_than=self._kept, most=_CLEARED_AT_ONCE)
            forgotten += count
            if count < _CLEARED_AT_ONCE:
                return forgotten

    async def _page(self, after: int, held: set[UUID]) -> tuple[int, int, int]:
        """How many rows were taken and became safe, and the last one's place; adds to `held`."""
        async with self._database.begin(EVERYTHING, timeout=_PUBLISH_SECONDS) as tx:
            rows = await outbox.take(tx, after=after, most=PAGE, suspect=self._first_page)
            if not rows:
                return 0, 0, after
            going = [row for row in rows if row.aggregate_id not in held]
            safe = _in_order(going, await self._bus.publish(going), held) if going else []
            failed = {row.id for row in rows}.difference(safe)
            await outbox.mark(tx, published=safe, failed=list(failed), error="not confirmed")
        self._first_page = False
        metrics.published.add(len(safe), self._labels)
        metrics.unpublished_failures.add(len(failed), self._labels)
        return len(rows), len(safe), rows[-1].seq


def _in_order(rows: Sequence[OutboxRow], confirmed: set[UUID], held: set[UUID]) -> list[UUID]:
    """The confirmed events that follow no unconfirmed one of their aggregate, which is held from there on."""
    safe: list[UUID] = []
    for row in rows:
        if row.id in confirmed and row.aggregate_id not in held:
            safe.append(row.id)
        else:
            held.add(row.aggregate_id)
    return safe
