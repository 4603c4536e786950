"""The bus inside one process: an event is safe once every consumer of it has committed."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from shared.loops import must_end, report
from shared.messaging.bus import BusUnavailableError, Deliver, Delivery
from shared.messaging.outbox import OutboxRow

EXCHANGE = "local"


class LocalBus:
    """Hands each relay's batch to the consumers in the process; the outboxes are the only storage.

    `expects` names the consumers that must have declared themselves before anything is published: without
    it, what a service tells while another one still starts would be safe with nobody. A consumer that has
    gone is waited for, as a queue would.
    """

    def __init__(self, expects: Iterable[str] = ()) -> None:
        self._expects = frozenset(expects)
        self._types: dict[str, frozenset[str]] = {}
        self._present: dict[str, Deliver] = {}

    async def open(self) -> None:
        """Nothing to get ready."""

    async def close(self) -> None:
        """Nothing to let go."""

    async def declare(self, consumer: str, types: Collection[str]) -> None:
        """Remember what the consumer takes; what it took before, it still takes."""
        self._types[consumer] = self._types.get(consumer, frozenset()) | frozenset(types)

    async def subscribe(self, consumer: str, types: Collection[str], deliver: Deliver) -> None:
        """Deliver to this consumer until cancelled."""
        await self.declare(consumer, types)
        self._present[consumer] = deliver
        try:
            await asyncio.Event().wait()
        finally:
            del self._present[consumer]

    async def publish(self, batch: Sequence[OutboxRow]) -> set[UUID]:
        """Safe is what every consumer has committed; one that fails makes only its own events unsafe."""
        if missing := self._expects - self._types.keys():
            raise BusUnavailableError(f"not here yet: {', '.join(sorted(missing))}")
        unsafe = await asyncio.gather(
            *(self._hand_over(consumer, types, batch) for consumer, types in self._types.items())
        )
        return {row.id for row in batch}.difference(*unsafe)

    async def _hand_over(self, consumer: str, types: frozenset[str], batch: Sequence[OutboxRow]) -> set[UUID]:
        """What this consumer should have and could not take."""
        wanted = [row for row in batch if row.type in types]
        deliver = self._present.get(consumer)
        if not wanted or deliver is None:
            return {row.id for row in wanted}
        try:
            await deliver([Delivery(row.body, EXCHANGE, row.type, row.suspect) for row in wanted])
        except BaseException as error:
            if must_end(error):
                raise
            report(f"consumer of {consumer}", error)
            return {row.id for row in wanted}
        return set()
