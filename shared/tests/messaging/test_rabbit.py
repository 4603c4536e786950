"""What only a broker can do to us: vanish, hang, cancel a consumer, hand over what is no event."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from aio_pika import Connection, Message
from yarl import URL

from shared.loops import Loops
from shared.messaging import BusUnavailableError, Relay, outbox
from shared.messaging.rabbit import RabbitBus
from shared.messaging.rabbit.publisher import closed
from shared.messaging.rabbit.topology import Topology, connect
from shared.testing.talking import (
    Line,
    Listener,
    Teller,
    ThingIgnored,
    ThingMoved,
    eventually,
    moved,
)

pytestmark = pytest.mark.rabbit


@dataclass
class Distant:
    """Both services, connected through a line that can be cut."""

    teller: Teller
    listener: Listener
    line: Line
    bus: RabbitBus
    prefix: str
    url: str
    loops: Loops

    def heard(self, count: int) -> Callable[[], Awaitable[bool]]:
        """Whether so many effects happened and nothing waits to be told."""

        async def so_many() -> bool:
            return len(await self.listener.ledger()) >= count and not await self.teller.unpublished()

        return so_many


@pytest.fixture
async def distant(
    teller: Teller, listener: Listener, amqp_url: str, remove_queues: Callable[[str, str], Awaitable[None]]
) -> AsyncIterator[Distant]:
    """Two services and a broker behind a line."""
    address, prefix = URL(amqp_url), f"test-{uuid4().hex[:12]}"
    line = Line(str(address.host), address.port or 5672)
    await line.mend()
    bus = RabbitBus(
        str(address.with_host("127.0.0.1").with_port(line.port)), prefix=prefix, timeout=1, watch=0.2
    )
    await bus.declare("listener", {ThingMoved.type})
    loops = Loops()
    loops.start("consumer", lambda: bus.subscribe("listener", {ThingMoved.type}, listener.inbox.deliver))
    Relay("teller", teller.database, bus).run_in(loops)
    yield Distant(teller, listener, line, bus, prefix, amqp_url, loops)
    await loops.stop()
    await bus.close()
    await line.cut()
    await remove_queues(amqp_url, prefix)


async def test_what_is_told_while_the_broker_is_away_arrives_later(distant: Distant) -> None:
    await distant.teller.tell(moved())
    await eventually(distant.heard(1))
    await distant.line.cut()
    await distant.teller.tell(*(moved() for _ in range(300)))
    with pytest.raises(BusUnavailableError):
        await distant.bus.declare("listener", {ThingMoved.type})
    assert await distant.teller.unpublished() == 300
    assert all(distant.loops.alive().values())
    await distant.line.mend()
    await eventually(distant.heard(301))
    assert len(await distant.listener.ledger()) == 301


async def test_a_line_that_is_cut_again_and_again_loses_and_doubles_nothing(distant: Distant) -> None:
    for _ in range(5):
        await distant.teller.tell(*(moved() for _ in range(40)))
        await asyncio.sleep(0.05)
        await distant.line.cut()
        await distant.line.mend()
    await eventually(distant.heard(200))
    assert len(await distant.listener.ledger()) == 200


async def test_a_line_that_hangs_is_given_up(distant: Distant) -> None:
    await distant.teller.tell(moved())
    await eventually(distant.heard(1))
    distant.line.hang()
    await distant.teller.tell(*(moved() for _ in range(10)))
    await asyncio.sleep(1.5)
    assert await distant.teller.unpublished() == 10
    await distant.line.cut()
    await distant.line.mend()
    await eventually(distant.heard(11))
    assert len(await distant.listener.ledger()) == 11


async def test_a_connection_that_hangs_or_was_never_made_is_closed_all_the_same(distant: Distant) -> None:
    url = str(URL(distant.url).with_host("127.0.0.1").with_port(distant.line.port))
    connection = await connect(url, "tests")
    distant.line.hang()
    await closed(connection)
    assert connection.is_closed
    await distant.line.cut()
    with pytest.raises(ConnectionError):
        await connect(url, "tests that are refused")
    known = [one for one in gc.get_objects() if isinstance(one, Connection)]
    refused = [one for one in known if "refused" in str(one.kwargs) and not one.is_closed]
    assert not refused
    await distant.line.mend()


async def test_a_consumer_whose_queue_was_deleted_comes_back(distant: Distant) -> None:
    await distant.teller.tell(moved())
    await eventually(distant.heard(1))
    connection = await connect(distant.url, "tests")
    channel = await connection.channel()
    name = Topology(distant.prefix).queue_of("listener")
    await channel.queue_delete(name)

    async def back() -> bool:
        async with connection.channel() as probe:
            try:
                queue = await probe.declare_queue(name, passive=True)
            except Exception:  # noqa: BLE001 - it is not there yet
                return False
            return bool(queue.declaration_result.consumer_count)

    await eventually(back)
    await connection.close()
    await distant.teller.tell(moved())
    await eventually(distant.heard(2))


async def test_what_is_no_event_is_parked_at_once(distant: Distant) -> None:
    connection = await connect(distant.url, "tests")
    exchange = await Topology(distant.prefix).exchange(await connection.channel())
    bodies = [b"\xff\x00 no text", b"{}", b'{"specversion": NaN}', b"[" * 100_000, b'"\\u0000\\ud800"']
    for body in bodies:
        await exchange.publish(Message(body), ThingMoved.type)
    await connection.close()

    async def parked() -> bool:
        return len(await distant.listener.fetch("SELECT FROM dead_letter")) == len(bodies)

    await eventually(parked)
    letters = await distant.listener.fetch("SELECT reason, attempts, exchange FROM dead_letter")
    assert {tuple(letter) for letter in letters} == {("malformed", 1, f"{distant.prefix}.events")}
    await distant.teller.tell(moved())
    await eventually(distant.heard(1))


async def test_messages_stay_in_hand_while_the_database_is_away(distant: Distant) -> None:
    database = distant.listener.database
    await database.close()
    await distant.teller.tell(*(moved() for _ in range(20)))

    async def told() -> bool:
        return not await distant.teller.unpublished()

    await eventually(told)
    await asyncio.sleep(0.3)
    await database.open()
    await eventually(distant.heard(20))
    assert await distant.listener.fetch("SELECT FROM inbox_retry") == []
    assert await distant.listener.fetch("SELECT FROM dead_letter") == []


async def test_an_event_that_somebody_must_hear_waits_for_them(
    teller: Teller, amqp_url: str, remove_queues: Callable[[str, str], Awaitable[None]]
) -> None:
    prefix = f"test-{uuid4().hex[:12]}"
    bus = RabbitBus(amqp_url, prefix=prefix, required={ThingMoved.type})
    relay = Relay("teller", teller.database, bus)
    subject = uuid4()
    await teller.tell(
        moved(subject), moved(subject, 2), ThingIgnored(subject=uuid4(), version=1, distributor_id=None)
    )
    assert await relay.publish_all() == 1
    async with teller.database.read() as db:
        waiting = await outbox.backlog(db)
    assert (waiting.unpublished, waiting.failing) == (2, 2)
    await bus.declare("listener", {ThingMoved.type})
    assert await relay.publish_all() == 2
    await bus.close()
    await remove_queues(amqp_url, prefix)
