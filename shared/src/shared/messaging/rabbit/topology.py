"""Exchanges and queues, declared alike by everybody: RabbitMQ closes the channel on any difference."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika import Connection, ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractQueue

CONNECT_SECONDS = 5
HEARTBEAT_SECONDS = 10
QUEUE_ARGUMENTS: dict[str, str | int] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 1000,  # only for a consumer that crashes unseen: poison is counted in the database
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


class _Link(Connection):
    """A connection that is closed when it was never made: nobody else could close it."""

    async def connect(self, timeout: float | None = None) -> None:
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise


async def connect(url: str, name: str) -> AbstractConnection:
    """A plain connection: whoever holds it makes a new one when it breaks."""
    return await aio_pika.connect(
        url,
        connection_class=_Link,
        timeout=CONNECT_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        client_properties={"connection_name": name},
    )


@dataclass(frozen=True, slots=True)
class Topology:
    """The names, which begin with `prefix`, and how they are declared (valid from RabbitMQ 3.10 to 4)."""

    prefix: str = "tonglu"

    @property
    def events(self) -> str:
        """The exchange of all events; the routing key is the event's type."""
        return f"{self.prefix}.events"

    @property
    def dead(self) -> str:
        """Exchange and queue of what the broker itself gave up."""
        return f"{self.prefix}.dead"

    def queue_of(self, consumer: str) -> str:
        """The queue of one service."""
        return f"{self.prefix}.{consumer}"

    async def exchange(self, channel: AbstractChannel) -> AbstractExchange:
        """Declare the exchange of events."""
        return await channel.declare_exchange(self.events, ExchangeType.TOPIC, durable=True)

    async def queue(self, channel: AbstractChannel, consumer: str, types: Iterable[str]) -> AbstractQueue:
        """Declare a service's queue, bound to its types; what was bound before stays bound."""
        await self._dead_queue(channel)
        exchange = await self.exchange(channel)
        queue = await channel.declare_queue(
            self.queue_of(consumer),
            durable=True,
            arguments=dict[str, Any](QUEUE_ARGUMENTS) | {"x-dead-letter-exchange": self.dead},
        )
        for event_type in sorted(types):
            await queue.bind(exchange, event_type)
        return queue

    async def _dead_queue(self, channel: AbstractChannel) -> None:
        exchange = await channel.declare_exchange(self.dead, ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(self.dead, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange)
