"""The bus between the services of this process: in the process itself, or over a broker."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from shared.loops import Pauses
from shared.messaging.bus import BusUnavailableError, Deliver, EventBus
from shared.messaging.local import LocalBus
from shared.messaging.outbox import OutboxRow
from shared.messaging.rabbit import RabbitBus
from tonglu_local.options import Options


def bus_of(options: Options, consumers: Iterable[str]) -> EventBus:
    """The bus that the options name; it publishes nothing before all these consumers have declared."""
    if options.amqp_url is None:
        return LocalBus(expects=consumers)
    return _Complete(RabbitBus(options.amqp_url, prefix=options.amqp_prefix), consumers)


class _Complete:
    """A broker's bus that waits for every consumer's queue.

    A broker drops what no queue is bound for; at the very first start, or after a broker was replaced, a
    service that is quick to publish would tell a service that is slow to declare nothing at all.
    """

    def __init__(self, bus: EventBus, consumers: Iterable[str]) -> None:
        self._bus = bus
        self._missing = set(consumers)

    async def open(self) -> None:
        """Get ready."""
        await self._bus.open()

    async def close(self) -> None:
        """Let go of everything."""
        await self._bus.close()

    async def declare(self, consumer: str, types: Collection[str]) -> None:
        """Declare the consumer's queue and bind it."""
        await self._bus.declare(consumer, types)
        self._missing.discard(consumer)

    async def publish(self, batch: Sequence[OutboxRow]) -> set[UUID]:
        """As the broker's bus does, once all queues are there."""
        if self._missing:
            raise BusUnavailableError(f"not here yet: {', '.join(sorted(self._missing))}")
        return await self._bus.publish(batch)

    async def subscribe(self, consumer: str, types: Collection[str], deliver: Deliver) -> None:
        """Declare as soon as the broker answers, then consume until cancelled."""
        pauses = Pauses()
        while consumer in self._missing:
            try:
                await self.declare(consumer, types)
            except BusUnavailableError:
                await pauses.wait()
        await self._bus.subscribe(consumer, types, deliver)
