"""Events from the commit that records them to the commit that they take effect in, on both buses."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from uuid import uuid4

import asyncpg
from tools.bench import listener
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.stage import Stage

from shared.db import Database
from shared.loops import Loops
from shared.messaging import LocalBus, Relay
from shared.messaging.bus import EventBus
from shared.messaging.rabbit import RabbitBus
from shared.messaging.rabbit.topology import Topology, connect
from shared.run import settled_heap
from shared.testing.talking import Teller, ThingMoved, moved

_RATES = (50, 200)
_HALF = Goal(10, at_most=True)
_MOST = Goal(50, 15, at_most=True)
_DRAIN = Goal(1200, 2500)
_PATIENCE = 60
_AT_ONCE = 500
_LEDGER = (
    "CREATE TABLE IF NOT EXISTS ledger (id bigint GENERATED ALWAYS AS IDENTITY, subject uuid, version int)"
)


@dataclass
class Pair:
    """One that tells, one that listens, and when each event took effect."""

    name: str
    teller: Teller
    relay: Relay
    heard: dict[int, float] = field(default_factory=dict)
    told: int = 0
    listener_cpu: float = 0.0

    def hear(self, number: int, at: float) -> None:
        """An event took effect."""
        self.heard[number] = at

    def next(self, count: int) -> list[ThingMoved]:
        """So many new events."""
        self.told += count
        return [moved(weight=self.told - place) for place in range(count)]

    async def all_heard(self) -> None:
        """Wait for the last one."""
        async with asyncio.timeout(_PATIENCE):
            while len(self.heard) < self.told:  # noqa: ASYNC110 - the bell would be part of what is measured
                await asyncio.sleep(0.005)


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Latency at two rates, and how fast a backlog drains."""
    async with AsyncExitStack() as stack:
        pairs = [await stack.enter_async_context(_local(stage))]
        if stage.amqp_url:
            pairs.append(await stack.enter_async_context(_rabbit(stage, stage.amqp_url)))
        for pair in pairs:  # connections, plans and heap get warm
            await _round(pair, max(_RATES), stage.sizes.seconds)
        settled_heap()  # as every process that serves
        for rate in _RATES:
            async for line in _latency(stage, pairs, rate):
                yield line
        async for line in _drained(stage, pairs):
            yield line


async def _latency(stage: Stage, pairs: list[Pair], rate: int) -> AsyncIterator[Line]:
    found: dict[str, list[list[float]]] = {pair.name: [] for pair in pairs}
    for _ in range(stage.sizes.rounds):
        for pair in pairs:
            found[pair.name].append(await _round(pair, rate, stage.sizes.seconds * 3))
    for name, rounds in found.items():
        told = f"{name}, {rate} events/s: commit to effect"
        yield Line(f"{told}, p50", [percentile(each, 0.5) for each in rounds], " ms", goal=_HALF)
        count = f"{sum(map(len, rounds))} events"
        yield Line(f"{told}, p99", [percentile(each, 0.99) for each in rounds], " ms", count, goal=_MOST)


async def _round(pair: Pair, rate: int, seconds: float) -> list[float]:
    """Milliseconds of each event, told evenly spaced."""
    loops, committed = Loops(), dict[int, float]()
    pair.relay.run_in(loops)

    async def tell() -> None:
        (event,) = pair.next(1)
        await pair.teller.tell(event)
        committed[event.weight] = time.monotonic()

    started = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for place in range(max(int(rate * seconds), 2)):
            await asyncio.sleep(started + place / rate - time.monotonic())
            tasks.create_task(tell())
    await pair.all_heard()
    await loops.stop()
    return [(pair.heard[number] - at) * 1000 for number, at in committed.items()]


async def _drained(stage: Stage, pairs: list[Pair]) -> AsyncIterator[Line]:
    rates: dict[str, list[float]] = {pair.name: [] for pair in pairs}
    costs: dict[str, list[float]] = {pair.name: [] for pair in pairs}
    for _ in range(stage.sizes.rounds):
        for pair in pairs:
            rate, cost = await _drain(pair, stage.sizes.events)
            rates[pair.name].append(rate)
            costs[pair.name].append(cost)
    for pair in pairs:
        beside = f"relay and consumer {number(median(costs[pair.name]))} us CPU an event"
        yield Line(f"{pair.name}: a backlog drains, events", rates[pair.name], "/s", beside, _DRAIN)


async def _drain(pair: Pair, count: int) -> tuple[float, float]:
    """Events a second, and their microseconds of CPU in both."""
    for begun in range(0, count, _AT_ONCE):
        await pair.teller.tell(*pair.next(min(_AT_ONCE, count - begun)))
    loops, before = Loops(), time.process_time() + pair.listener_cpu
    started = time.monotonic()
    pair.relay.run_in(loops)
    await pair.all_heard()
    spent = time.process_time() + pair.listener_cpu - before
    await loops.stop()
    return count / (max(pair.heard.values()) - started), spent / count * 1e6


@asynccontextmanager
async def _databases(stage: Stage, name: str) -> AsyncIterator[tuple[Database, str]]:
    """The teller's database, open, and the address of the listener's."""
    telling = await stage.database(f"{name}_teller", "customer_svc")
    listening = await stage.database(f"{name}_listener", "customer_svc")
    owner = await asyncpg.connect(listening.owner_url)
    await owner.execute(_LEDGER)
    await owner.close()
    database = Database(telling.app_url)
    await database.open()
    try:
        yield database, listening.app_url
    finally:
        await database.close()


@asynccontextmanager
async def _local(stage: Stage) -> AsyncIterator[Pair]:
    """Both in this process, as in the embedded system."""
    bus: EventBus = LocalBus(expects=[listener.NAME])
    async with _databases(stage, "local") as (database, address):
        heard_in = Database(address)
        await heard_in.open()
        pair = Pair("in one process", Teller(database), Relay("teller", database, bus))
        listening = asyncio.create_task(listener.listen(heard_in, bus, pair.hear))
        yield pair
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await heard_in.close()


@asynccontextmanager
async def _rabbit(stage: Stage, amqp_url: str) -> AsyncIterator[Pair]:
    """The listener in a process of its own, as deployed."""
    prefix = f"bench.{uuid4().hex[:8]}"
    bus = RabbitBus(amqp_url, prefix=prefix)
    await bus.declare(listener.NAME, [ThingMoved.type])
    async with _databases(stage, "rabbit") as (database, address):
        pair = Pair("through RabbitMQ", Teller(database), Relay("teller", database, bus))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tools.bench.listener",
            address,
            amqp_url,
            prefix,
            stdout=asyncio.subprocess.PIPE,
        )
        reading = asyncio.create_task(_read(pair, process))
        try:
            yield pair
        finally:
            process.terminate()
            await process.wait()
            await reading
            await bus.close()
            await _forget(amqp_url, Topology(prefix))


async def _forget(amqp_url: str, topology: Topology) -> None:
    connection = await connect(amqp_url, "tonglu bench")
    channel = await connection.channel()
    for queue in (topology.queue_of(listener.NAME), topology.dead):
        await channel.queue_delete(queue)
    for exchange in (topology.events, topology.dead):
        await channel.exchange_delete(exchange)
    await connection.close()


async def _read(pair: Pair, process: asyncio.subprocess.Process) -> None:
    if process.stdout is None:
        raise RuntimeError("the listener has no output")
    while line := await process.stdout.readline():
        weight, at, cpu = line.split()
        pair.listener_cpu = float(cpu)
        pair.hear(int(weight), float(at))
