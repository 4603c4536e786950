"""`RabbitBus`: the `EventBus` over a broker that may come and go."""

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

from shared.loops import must_end
from shared.messaging.bus import BusUnavailableError, Deliver
from shared.messaging.outbox import OutboxRow
from shared.messaging.rabbit.consumption import Consumption
from shared.messaging.rabbit.publisher import Publisher, closed
from shared.messaging.rabbit.topology import Topology, connect


class RabbitBus:
    """Events through RabbitMQ; starts with the broker down.

    An event for which no queue is bound is safe, as on `LocalBus`: nobody was ever declared for it, and the
    outbox keeps it for a week. Queues outlive their consumers, so this concerns only a system whose
    services never ran: call `declare` for each service before the first event (the `migrate` command does
    it). Types in `required` stay in the outbox until somebody is bound to them.
    """

    def __init__(
        self,
        amqp_url: str,
        *,
        prefix: str = "tonglu",
        required: Collection[str] = (),
        timeout: float = 5.0,
        watch: float = 10.0,
    ) -> None:
        self._url = amqp_url
        self._topology = Topology(prefix)
        self._publisher = Publisher(amqp_url, self._topology, required=required, timeout=timeout)
        self._watch = watch

    async def open(self) -> None:
        """Nothing to get ready: connections are made when they are needed."""

    async def close(self) -> None:
        """Let go of the publisher's connection; consumers let go of theirs when they are cancelled."""
        await self._publisher.close()

    async def declare(self, consumer: str, types: Collection[str]) -> None:
        """Declare the consumer's queue and bind it."""
        try:
            connection = await connect(self._url, f"tonglu {consumer}")
            try:
                async with asyncio.timeout(15):
                    await self._topology.queue(await connection.channel(), consumer, types)
            finally:
                await closed(connection)
        except BaseException as error:
            if must_end(error):
                raise
            raise BusUnavailableError("the broker cannot be reached") from error

    async def publish(self, batch: Sequence[OutboxRow]) -> set[UUID]:
        """Safe is what the broker has confirmed."""
        return await self._publisher.publish(batch)

    async def subscribe(self, consumer: str, types: Collection[str], deliver: Deliver) -> None:
        """Declare, then consume until cancelled, through every reconnection."""
        consumption = Consumption(
            self._url, self._topology, consumer=consumer, types=types, deliver=deliver, watch=self._watch
        )
        await consumption.run()
