"""Two services of the tests' own, one that tells and one that listens, on real databases and on each bus."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db import Database
from shared.loops import Loops
from shared.messaging import LocalBus, Relay, Retries
from shared.messaging.bus import EventBus
from shared.messaging.rabbit import RabbitBus
from shared.messaging.rabbit.topology import Topology, connect
from shared.migrations import audit_v1, messaging_v1
from shared.testing.talking import Listener, Talk, Teller, ThingMoved
from tonglu_local.postgres import ServiceUrls

TABLES = ("outbox", "inbox", "inbox_retry", "dead_letter", "ledger")


def _create(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        messaging_v1.upgrade()
        audit_v1.upgrade()
    connection.execute(
        text("CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY, subject uuid, version int)")
    )


async def _prepared(urls: ServiceUrls) -> str:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(urls.owner_url)
    )
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()
    return urls.app_url


@pytest.fixture(scope="session")
async def two_urls(service_database: Callable[[str], ServiceUrls]) -> tuple[str, str]:
    """Databases with the tables of messaging, of a service that tells and of one that listens."""
    return (
        await _prepared(service_database("messaging_teller")),
        await _prepared(service_database("messaging_listener")),
    )


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.open()
    async with database.begin() as tx:
        await tx.connection.execute("; ".join(f"DELETE FROM {table}" for table in TABLES))
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def teller(two_urls: tuple[str, str]) -> AsyncIterator[Teller]:
    """The service that tells, with nothing told yet."""
    async with _opened(two_urls[0]) as database:
        yield Teller(database)


@pytest.fixture
async def listener(two_urls: tuple[str, str]) -> AsyncIterator[Listener]:
    """The service that listens, having heard nothing."""
    async with _opened(two_urls[1]) as database:
        yield Listener(database)


@pytest.fixture(params=["local", pytest.param("rabbit", marks=pytest.mark.rabbit)])
def bus_kind(request: pytest.FixtureRequest) -> str:
    """Each test that uses this runs once on each bus."""
    return str(request.param)


async def _removed(url: str, prefix: str) -> None:
    topology = Topology(prefix)
    connection = await connect(url, "tests")
    channel = await connection.channel()
    for queue in (topology.queue_of("listener"), topology.dead):
        await channel.queue_delete(queue)
    for exchange in (topology.events, topology.dead):
        await channel.exchange_delete(exchange)
    await connection.close()


@pytest.fixture(scope="session")
def remove_queues() -> Callable[[str, str], Awaitable[None]]:
    """Removes what a prefix left on the broker."""
    return _removed


@pytest.fixture
async def bus(bus_kind: str, request: pytest.FixtureRequest) -> AsyncIterator[EventBus]:
    """The bus of this run."""
    if bus_kind == "local":
        yield LocalBus(expects=["listener"])
        return
    prefix = f"test-{uuid4().hex[:12]}"
    url = request.getfixturevalue("amqp_url")
    rabbit = RabbitBus(url, prefix=prefix)
    await rabbit.declare("listener", {ThingMoved.type})
    yield rabbit
    await rabbit.close()
    await _removed(url, prefix)


@pytest.fixture
async def talk(teller: Teller, listener: Listener, bus: EventBus) -> AsyncIterator[Talk]:
    """Both services connected, every loop running."""
    relay = Relay("teller", teller.database, bus)
    loops = Loops()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(loops.stop)
        inbox = listener.inbox
        loops.start("consumer", lambda: bus.subscribe("listener", {ThingMoved.type}, inbox.deliver))
        relay.run_in(loops)
        Retries(inbox, sweep=0.02).run_in(loops)
        yield Talk(teller, listener, bus, relay)
