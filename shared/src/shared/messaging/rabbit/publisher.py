"""Publishing with confirms awaited together, in waves that keep each aggregate's order."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from uuid import UUID

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError, PublishError

from shared.loops import must_end, report
from shared.messaging import metrics
from shared.messaging.bus import BusUnavailableError
from shared.messaging.outbox import OutboxRow
from shared.messaging.rabbit.topology import Topology, connect

IN_FLIGHT = 100


class Publisher:
    """One connection and channel, made when needed and thrown away at the first doubt."""

    def __init__(self, url: str, topology: Topology, *, required: Collection[str], timeout: float) -> None:
        self._url = url
        self._topology = topology
        self._required = frozenset(required)
        self._timeout = timeout
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, batch: Sequence[OutboxRow]) -> set[UUID]:
        """The ids of those that the broker has confirmed; raises `BusUnavailableError` if it has none."""
        exchange = await self._ready()
        safe: set[UUID] = set()
        held: set[UUID] = set()
        try:
            for wave in _waves(batch):
                going = [row for row in wave if row.aggregate_id not in held]
                for start in range(0, len(going), IN_FLIGHT):
                    part = going[start : start + IN_FLIGHT]
                    confirmed = await self._confirmed(exchange, part)
                    safe |= confirmed
                    held |= {row.aggregate_id for row in part if row.id not in confirmed}
        except BaseException as error:
            await self.close()
            if must_end(error):
                raise
            if not safe:
                raise BusUnavailableError("the broker does not confirm") from error
            report("publisher", error)
        return safe

    async def close(self) -> None:
        """Throw the connection away; the next publication makes a new one."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            await closed(connection)

    async def _ready(self) -> AbstractExchange:
        async with self._connecting:
            if self._exchange is not None and self._connection is not None and not self._connection.is_closed:
                return self._exchange
            await self.close()
            try:
                async with asyncio.timeout(self._timeout * 2):
                    self._connection = await connect(self._url, "tonglu publisher")
                    channel = self._connection.channel(publisher_confirms=True, on_return_raises=True)
                    await channel.initialize(timeout=self._timeout)
                    self._exchange = await self._topology.exchange(channel)
            except BaseException as error:
                await self.close()
                if must_end(error):
                    raise
                raise BusUnavailableError("the broker cannot be reached") from error
            return self._exchange

    async def _confirmed(self, exchange: AbstractExchange, rows: Sequence[OutboxRow]) -> set[UUID]:
        answers = await asyncio.gather(*(self._send(exchange, row) for row in rows), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return {row.id for row, taken in zip(rows, answers, strict=True) if taken}

    async def _send(self, exchange: AbstractExchange, row: OutboxRow) -> bool:
        message = Message(
            row.body.encode(),
            message_id=str(row.id),
            type=row.type,
            timestamp=row.created_at,
            delivery_mode=DeliveryMode.PERSISTENT,
            content_type="application/cloudevents+json",
        )
        try:
            await exchange.publish(message, row.type, mandatory=True, timeout=self._timeout)
        except PublishError:  # no queue is bound: nobody was ever declared for it
            metrics.unrouted.add(1, {"type": row.type})
            return row.type not in self._required
        except DeliveryError:
            return False
        return True


async def closed(connection: AbstractConnection) -> None:
    """Close a connection that may be broken, without waiting long for its other end."""
    try:
        with suppress(Exception):
            async with asyncio.timeout(2):
                await connection.close()
    finally:
        if not connection.is_closed:  # its other end did not answer: without it, it closes at once
            await connection.close()


def _waves(batch: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
    """The first event of every aggregate, then the second of each, and so on."""
    seen: Counter[UUID] = Counter()
    waves: list[list[OutboxRow]] = []
    for row in batch:
        place = seen[row.aggregate_id]
        seen[row.aggregate_id] += 1
        if place == len(waves):
            waves.append([])
        waves[place].append(row)
    return waves
