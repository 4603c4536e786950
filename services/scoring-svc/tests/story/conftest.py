"""A running scoring-svc of its own."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from scoring_svc.app import build
from scoring_svc.runs.consumers import SCORING_EVENTS
from scoring_svc.settings import Settings
from shared.composition import Service
from shared.messaging.local import LocalBus
from shared.messaging.rabbit import RabbitBus
from shared.messaging.rabbit.topology import Topology, connect
from shared.testing import clean, running, service_client, staff


@pytest.fixture(scope="session")
def bus() -> LocalBus:
    return LocalBus()


@pytest.fixture(scope="session")
async def scoring(service_database: Any, bus: LocalBus) -> AsyncIterator[Service]:
    async with running(build, Settings, service_database("scoring"), bus=bus) as service:
        yield service


@pytest.fixture(scope="session")
async def asleep(service_database: Any) -> AsyncIterator[Service]:
    """A scoring-svc that only writes down what it is told."""
    async with running(build, Settings, service_database("scoring_asleep"), worker=False) as service:
        yield service


@pytest.fixture
async def manager(scoring: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service_client(scoring, staff("manager")) as client:
        yield client


@pytest.fixture
async def boss(asleep: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A manager at the one who sleeps, whose records go afterwards."""
    async with service_client(asleep, staff("manager")) as client:
        yield client
    await clean(asleep.database, keep=("job", "model", "tier_policy"))


@pytest.fixture(autouse=True)
async def empty(scoring: Service) -> AsyncIterator[None]:
    yield
    await clean(scoring.database, keep=("job", "model", "tier_policy", "tier_grids"))


async def _removed(url: str, prefix: str) -> None:
    topology = Topology(prefix)
    connection = await connect(url, "tests")
    channel = await connection.channel()
    for queue in (topology.queue_of("scoring-svc"), topology.dead):
        await channel.queue_delete(queue)
    for exchange in (topology.events, topology.dead):
        await channel.exchange_delete(exchange)
    await connection.close()


@pytest.fixture(params=["local", pytest.param("rabbit", marks=pytest.mark.rabbit)])
async def on_each_bus(
    request: pytest.FixtureRequest, service_database: Callable[[str], Any]
) -> AsyncIterator[Service]:
    """The session's service on the bus in the process, or one of its own behind the broker."""
    if request.param == "local":
        yield request.getfixturevalue("scoring")
        return
    url, prefix = request.getfixturevalue("amqp_url"), f"test-{uuid4().hex[:12]}"
    bus = RabbitBus(url, prefix=prefix)
    await bus.declare("scoring-svc", {event.type for event in SCORING_EVENTS})
    async with running(build, Settings, service_database("scoring_wire"), bus=bus) as service:
        yield service
        await clean(service.database, keep=("job", "model", "tier_policy", "tier_grids"))
    await bus.close()
    await _removed(url, prefix)
