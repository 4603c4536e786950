"""RabbitMQ goes: writes go on, nothing is unready, and what was told meanwhile takes effect once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from tests.resilience.places import Pair, ids, line_to, pair, removed, through

from shared.messaging import outbox
from shared.messaging.rabbit import RabbitBus
from shared.testing.talking import Line, eventually
from tonglu_local.postgres import ServiceUrls

pytestmark = [pytest.mark.slow, pytest.mark.rabbit]


@dataclass
class Place:
    """Two services, and the line to the broker between them."""

    line: Line
    pair: Pair

    async def waiting(self) -> int:
        """How many events wait to be told."""
        async with self.pair.teller.database.read() as db:
            return (await outbox.backlog(db)).unpublished

    async def writes_go_on(self, count: int) -> None:
        """Every write is acknowledged within a bounded time, and nobody is unready."""
        async with asyncio.timeout(15):
            answers = [await self.pair.make() for _ in range(count)]
        assert {answer.status_code for answer in answers} == {201}
        assert await self.pair.ready()

    async def took_effect_once(self) -> None:
        """Everything is heard of; each event was handled once."""
        await eventually(self.pair.settled, 60)
        assert self.pair.alive()

        async def all_told() -> bool:
            return await self.waiting() == 0

        await eventually(all_told)
        handled = await ids(self.pair.listener, "SELECT event_id AS id FROM inbox")
        told = await ids(self.pair.teller, "SELECT id FROM outbox")
        assert handled == told
        assert len(told) == len(self.pair.made)


@pytest.fixture
async def place(amqp_url: str, service_database: Callable[[str], ServiceUrls]) -> AsyncIterator[Place]:
    prefix = f"test-{uuid4().hex[:12]}"
    line = await line_to(amqp_url)
    near = through(amqp_url, line)
    buses = tuple(RabbitBus(near, prefix=prefix, timeout=1, watch=0.5) for _ in range(2))
    await buses[1].declare("interaction-svc", ["customer.registered.v1"])
    urls = [service_database(f"broker_{name}_{prefix[5:]}") for name in ("customer", "interaction")]
    async with pair(urls[0], urls[1], (buses[0], buses[1])) as both:
        yield Place(line, both)
        await line.mend()
    for bus in buses:
        await bus.close()
    await line.cut()
    await removed(amqp_url, prefix, ["customer-svc", "interaction-svc"])


async def test_writes_go_on_while_the_broker_is_away(place: Place) -> None:
    await place.writes_go_on(3)
    await eventually(place.pair.settled)
    await place.line.cut()
    await place.writes_go_on(60)
    assert await place.waiting() == 60
    await place.line.mend()
    await place.took_effect_once()


async def test_writes_go_on_while_the_broker_hangs(place: Place) -> None:
    await place.writes_go_on(3)
    await eventually(place.pair.settled)
    place.line.hang()
    await place.writes_go_on(60)
    await asyncio.sleep(2)
    await place.writes_go_on(10)
    await place.line.cut()
    await place.line.mend()
    await place.took_effect_once()


async def test_a_broker_that_comes_and_goes_doubles_nothing(place: Place) -> None:
    for _ in range(4):
        await place.writes_go_on(25)
        await place.line.cut()
        await place.line.mend()
    await place.took_effect_once()
