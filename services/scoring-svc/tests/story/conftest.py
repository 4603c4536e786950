"""A running scoring-svc of its own."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from scoring_svc.app import build
from scoring_svc.settings import Settings
from shared.composition import Service
from shared.messaging.local import LocalBus
from shared.testing import clean, running, service_client, staff


@pytest.fixture(scope="session")
def bus() -> LocalBus:
    return LocalBus()


@pytest.fixture(scope="session")
async def scoring(service_database: Any, bus: LocalBus) -> AsyncIterator[Service]:
    async with running(build, Settings, service_database("scoring"), bus=bus) as service:
        yield service


@pytest.fixture
async def manager(scoring: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with service_client(scoring, staff("manager")) as client:
        yield client


@pytest.fixture(autouse=True)
async def empty(scoring: Service) -> AsyncIterator[None]:
    yield
    await clean(scoring.database, keep=("job", "model", "tier_policy", "tier_grids"))
