"""Consuming one service's queue: batches of what is buffered, one acknowledgement for each."""

import asyncio
from collections.abc import Collection
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from shared.loops import Pauses, must_end, report, to_its_end
from shared.messaging.bus import Deliver, Delivery
from shared.messaging.rabbit.publisher import closed
from shared.messaging.rabbit.topology import Topology, connect

PREFETCH = 200
_SETUP_SECONDS = 15


class SessionEndedError(Exception):
    """The channel is closed or the broker cancelled the consumer; a new session is needed."""


class Consumption:
    """Sessions, one after another, each with a connection of its own."""

    def __init__(
        self,
        url: str,
        topology: Topology,
        *,
        consumer: str,
        types: Collection[str],
        deliver: Deliver,
        watch: float = 10.0,
    ) -> None:
        self._url = url
        self._topology = topology
        self._consumer = consumer
        self._types = frozenset(types)
        self._deliver = deliver
        self._watch = watch

    async def run(self) -> None:
        """Consume until cancelled; a batch in progress is ended and acknowledged first."""
        pauses = Pauses()
        while True:
            try:
                await self._session(pauses)
            except BaseException as error:
                if must_end(error):
                    raise
                report(f"consumer of {self._consumer}", error)
                await pauses.wait()

    async def _session(self, pauses: Pauses) -> None:
        connection = await connect(self._url, f"tonglu {self._consumer}")
        try:
            arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
            async with asyncio.timeout(_SETUP_SECONDS):
                channel = await self._channel(connection.channel(publisher_confirms=False), arrived)
                queue = await self._topology.queue(channel, self._consumer, self._types)
                await queue.consume(arrived.put)
            pauses.reset()
            while True:
                batch = await self._batch(arrived, channel, queue)
                if batch:
                    await to_its_end(self._take(batch, channel))
        finally:
            await closed(connection)

    async def _channel(
        self, channel: AbstractChannel, arrived: "asyncio.Queue[AbstractIncomingMessage | None]"
    ) -> AbstractChannel:
        def end(*_: Any) -> None:
            arrived.put_nowait(None)

        await channel.initialize(timeout=_SETUP_SECONDS)
        await channel.set_qos(prefetch_count=PREFETCH)
        channel.close_callbacks.add(end)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(end)
        return channel

    async def _batch(
        self,
        arrived: "asyncio.Queue[AbstractIncomingMessage | None]",
        channel: AbstractChannel,
        queue: AbstractQueue,
    ) -> list[AbstractIncomingMessage]:
        """What is buffered, at least one; nothing after a quiet while in which the consumer proved alive."""
        try:
            async with asyncio.timeout(self._watch):
                found = [await arrived.get()]
        except TimeoutError:
            await self._still_consuming(channel, queue)
            return []
        while len(found) < PREFETCH and not arrived.empty():
            found.append(arrived.get_nowait())
        messages = [message for message in found if message is not None]
        if len(messages) < len(found):
            raise SessionEndedError
        return messages

    async def _still_consuming(self, channel: AbstractChannel, queue: AbstractQueue) -> None:
        async with asyncio.timeout(_SETUP_SECONDS):
            declared = await channel.declare_queue(queue.name, passive=True)
        if not declared.declaration_result.consumer_count:
            raise SessionEndedError

    async def _take(self, batch: list[AbstractIncomingMessage], channel: AbstractChannel) -> None:
        """Deliver until it is taken care of, then acknowledge all at once.

        While the database is away the messages stay in hand: giving them back would only make the broker
        count and send them again.
        """
        deliveries = [_delivery(message) for message in batch]
        pauses = Pauses()
        while True:
            try:
                await self._deliver(deliveries)
            except BaseException as error:
                if must_end(error):
                    raise
                report(f"consumer of {self._consumer}", error)
                await pauses.wait()
                if channel.is_closed:
                    raise SessionEndedError from error
            else:
                break
        try:
            await batch[-1].ack(multiple=True)
        except Exception as error:  # noqa: BLE001 - the channel broke: all comes again and is known by then
            report(f"acknowledgement of {self._consumer}", error)


def _delivery(message: AbstractIncomingMessage) -> Delivery:
    return Delivery(
        message.body.decode("utf-8", "backslashreplace"),
        message.exchange or "",
        message.routing_key or "",
        redelivered=bool(message.redelivered),
    )
