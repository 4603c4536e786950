"""From the commit of an order in one service to the committed score that counts it in another."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import UUID, uuid4

import asyncpg
from tools.bench import ordered
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.ordered import BUSIEST
from tools.bench.parts.scoring import read_log
from tools.bench.processes import Child, free_port, serving
from tools.bench.stage import KEY, Stage

from scoring_svc.runs.consumers import SCORING_EVENTS
from shared.clock import new_id
from shared.db import Database
from shared.events.customer import OrderRecorded
from shared.loops import Loops
from shared.messaging import Relay, outbox
from shared.messaging.rabbit import RabbitBus
from shared.messaging.rabbit.topology import Topology, connect
from shared.run import settled_heap
from shared.testing.clients import jwks
from tonglu_local.postgres import ServiceUrls

_NAME = "scoring-svc"
_SECONDS = 20.0
_HOT_SHARE = 20
"""One in so many orders is of the customer with a million of them."""
_TEACHERS = 2_000
_PATIENCE = 1200
_SOON, _HARDLY_LATER = Goal(50, at_most=True), Goal(1000, at_most=True)
_RATES: dict[int, tuple[Goal | None, Goal]] = {
    50: (_SOON, _HARDLY_LATER),
    (_OFTEN := 200): (_SOON, _HARDLY_LATER),
    500: (None, Goal(5000, at_most=True)),
}
"""Orders a second, and the goals of half of them and of 99 in 100."""
# PostgreSQL keeps when each transaction was committed: nobody has to be told while it is measured.
_NOTE_SCORES = """
    CREATE UNLOGGED TABLE scored (place bigint GENERATED ALWAYS AS IDENTITY, customer_id uuid, sold float8);
    CREATE FUNCTION note_scored() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO scored (customer_id, sold) VALUES (NEW.customer_id, (NEW.features ->> 'sold')::float8);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_scored AFTER INSERT OR UPDATE ON score FOR EACH ROW EXECUTE FUNCTION note_scored();
"""
_SCORED = """
    SELECT place, customer_id, sold, pg_xact_commit_timestamp(xmin) AS at
    FROM scored WHERE place > $1 ORDER BY place
"""
_IDLE = """
    SELECT EXISTS (SELECT FROM scoring_run) AND NOT EXISTS (
        SELECT FROM job
        WHERE kind LIKE 'scoring.%' AND (state = 'running' OR (state = 'queued' AND run_at <= now()))
    )
"""


@dataclass
class Watch:
    """When each order was committed, and when a score that counts it was."""

    scores: asyncpg.Connection
    sold: dict[UUID, int]
    waiting: dict[UUID, deque[tuple[int, datetime]]] = field(default_factory=lambda: defaultdict(deque))
    took: dict[UUID, list[float]] = field(default_factory=lambda: defaultdict(list))
    seen: int = 0

    def told(self, customer: UUID, amount: int) -> None:
        """An order is committed now; `sold` is what the customer bought in all, in minor units."""
        self.sold[customer] += amount
        self.waiting[customer].append((self.sold[customer], datetime.now(UTC)))

    def _scored(self, customer: UUID, sold: int, at: datetime) -> None:
        waiting = self.waiting[customer]
        while waiting and waiting[0][0] <= sold:
            self.took[customer].append((at - waiting.popleft()[1]) / timedelta(milliseconds=1))

    async def all_scored(self) -> None:
        """Look up when each order counted, as soon as all do."""
        async with asyncio.timeout(_PATIENCE):
            last = self.seen
            while any(self.waiting.values()):
                await asyncio.sleep(0.5)
                # From the first one anew: what has a lower place may be committed later.
                for row in await self.scores.fetch(_SCORED, self.seen):
                    self._scored(row["customer_id"], round(row["sold"] * 100), row["at"])
                    last = row["place"]
            self.seen = last


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Milliseconds by orders a second, of those who order, one of whom has a million orders."""
    if stage.amqp_url is None:
        return
    seconds = _SECONDS if stage.sizes.seconds >= 0.5 else 1.0  # noqa: PLR2004 - a small stage shows that it runs
    async with _ready(stage, stage.amqp_url) as (watch, teller, worker):
        settled_heap()
        buyers = cycle(ordered.ordering(read_log(), stage.sizes.customers))
        await _round(watch, teller, buyers, min(_RATES), 4.0)  # connections and plans get warm
        for rate, (half, most) in _RATES.items():
            watch.took.clear()
            spent, mine = worker.cpu_seconds, time.process_time()
            await _round(watch, teller, buyers, rate, seconds)
            mine = time.process_time() - mine
            hot = watch.took.pop(BUSIEST)
            others = [each for took in watch.took.values() for each in took]
            told = len(hot) + len(others)
            cost = (
                f"{told} orders, {number((worker.cpu_seconds - spent) / told * 1000)} ms CPU of the service "
                f"each, {number(mine / told * 1000)} ms of the teller"
            )
            name = f"{rate} orders/s: commit to fresh score"
            yield Line(f"{name}, p50", [percentile(others, 0.5)], " ms", cost, half)
            yield Line(f"{name}, p99", [percentile(others, 0.99)], " ms", goal=most)
            beside = f"{len(hot)} of them by one customer with {_hot_orders(stage):,} orders"
            yield Line("the busiest customer, p50", [percentile(hot, 0.5)], " ms", beside)
            yield Line("the busiest customer, p99", [percentile(hot, 0.99)], " ms")
        watch.took.clear()
        everybody = cycle([each for each in watch.sold if each != BUSIEST])
        await _round(watch, teller, everybody, _OFTEN, seconds)
        took = [each for took in watch.took.values() for each in took]
        name, beside = f"{_OFTEN} orders/s of whoever there is", "most of them come back from long silence"
        yield Line(f"{name}, p50", [percentile(took, 0.5)], " ms", beside, _SOON)
        yield Line(f"{name}, p99", [percentile(took, 0.99)], " ms", goal=_HARDLY_LATER)


def _hot_orders(stage: Stage) -> int:
    return stage.sizes.customers * 50


async def _round(
    watch: Watch, teller: Database, customers: Iterator[UUID], rate: int, seconds: float
) -> None:
    """Orders of these customers told evenly spaced."""
    started = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for place in range(int(rate * seconds)):
            await asyncio.sleep(started + place / rate - time.monotonic())
            customer = next(customers) if place % _HOT_SHARE else BUSIEST
            tasks.create_task(_tell(watch, teller, customer))
    await watch.all_scored()


async def _tell(watch: Watch, teller: Database, customer: UUID) -> None:
    told = OrderRecorded(
        subject=(order := new_id()), version=1, distributor_id=None, order_id=order, customer_id=customer,
        ordered_at=datetime.now(UTC), amount_minor=12_00, currency="GBP", channel="shop", kind="sale",
    )  # fmt: skip
    async with teller.begin() as tx:
        outbox.record(tx, told)
        tx.after_commit(lambda: watch.told(customer, told.amount_minor))


@asynccontextmanager
async def _ready(stage: Stage, amqp_url: str) -> AsyncIterator[tuple[Watch, Database, Child]]:
    """A worker that has scored everybody, and a teller."""
    urls = await stage.database("scoring_fresh", "scoring_svc")
    telling = await stage.database("fresh_teller", "customer_svc")
    log = read_log()
    async with AsyncExitStack() as stack:
        database, teller = Database(urls.app_url), Database(telling.app_url)
        for each in (database, teller):
            await each.open()
            stack.push_async_callback(each.close)
        sold = await ordered.fill(database, log, stage.sizes.customers, _hot_orders(stage))
        await ordered.teach(database, log.some(min(_TEACHERS, stage.sizes.customers)))
        prefix = f"bench.{uuid4().hex[:8]}"
        bus = RabbitBus(amqp_url, prefix=prefix)
        await bus.open()
        stack.push_async_callback(_forget, amqp_url, Topology(prefix))
        stack.push_async_callback(bus.close)
        await bus.declare(_NAME, {event.type for event in SCORING_EVENTS})
        worker = await stack.enter_async_context(_worker(stage, urls, amqp_url, prefix))
        await _idle(database)
        watch = Watch(await _watching(stack, urls), sold)
        loops = Loops()
        Relay("teller", teller, bus).run_in(loops)
        stack.push_async_callback(loops.stop)
        yield watch, teller, worker


async def _forget(amqp_url: str, topology: Topology) -> None:
    connection = await connect(amqp_url, "tonglu bench")
    channel = await connection.channel()
    for queue in (topology.queue_of(_NAME), topology.dead):
        await channel.queue_delete(queue)
    for exchange in (topology.events, topology.dead):
        await channel.exchange_delete(exchange)
    await connection.close()


async def _watching(stack: AsyncExitStack, urls: ServiceUrls) -> asyncpg.Connection:
    owner = await asyncpg.connect(urls.owner_url)
    stack.push_async_callback(owner.close)
    await owner.execute(_NOTE_SCORES)
    return owner


@asynccontextmanager
async def _worker(stage: Stage, urls: ServiceUrls, amqp_url: str, prefix: str) -> AsyncIterator[Child]:
    port = free_port()
    environment = {
        "DATABASE_URL": urls.app_url,
        "DATA_KEY": KEY,
        "INTERNAL_JWKS": jwks(),
        "AMQP_URL": amqp_url,
        "AMQP_PREFIX": prefix,
        "PORT": str(port),
        "METRICS_PORT": "0",
        "LOG_LEVEL": "WARNING",
    }
    log = stage.folder / "scoring_worker.log"
    async with serving(["scoring_svc", "worker"], environment, log, port=port) as child:
        yield child


async def _idle(database: Database) -> None:
    """Wait for the first daily run, which scores everybody."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            async with database.read() as reader:
                if await reader.connection.fetchval(_IDLE):
                    return
            await asyncio.sleep(0.2)
