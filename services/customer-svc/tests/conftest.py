"""customer-svc started for real on a migrated database; every test begins with empty tables."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.auth import Principal
from shared.composition import Service
from shared.testing import clean, running, service_client, staff
from shared.testing.clients import partner
from tonglu_local.postgres import ServiceUrls

MANAGER = staff("manager")
PARTNER_SCOPES = (
    "customers:read",
    "customers:write",
    "orders:read",
    "orders:write",
    "channels:read",
    "distributors:read",
)
SEEDS = ("channel",)
Make = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def urls(service_database: Callable[[str], ServiceUrls]) -> ServiceUrls:
    return service_database("customer")


@pytest.fixture(scope="session")
async def started(urls: ServiceUrls) -> AsyncIterator[Service]:
    async with running(build, Settings, urls, worker=False) as service:
        yield service


@pytest.fixture
async def service(started: Service) -> AsyncIterator[Service]:
    yield started
    await clean(started.database, keep=SEEDS)
    async with started.database.begin() as tx:
        await tx.connection.execute("DELETE FROM channel WHERE created_at > '2026-01-02'")


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A manager of the company."""
    async with service_client(service, MANAGER) as http:
        yield http


@pytest.fixture
def signed_in(service: Service) -> Callable[[Principal | None], httpx.AsyncClient]:
    return lambda principal: service_client(service, principal)


@pytest.fixture
def partner_of(service: Service) -> Callable[[str], httpx.AsyncClient]:
    """A client with the key of one distributor."""
    return lambda distributor_id: service_client(service, partner(UUID(distributor_id), *PARTNER_SCOPES))


@pytest.fixture
def customer(client: httpx.AsyncClient) -> Make:
    async def make(**fields: Any) -> dict[str, Any]:
        answer = await client.post(
            "/v1/customers", json={"name": "海纳百货", "kind": "organisation", **fields}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def distributor(client: httpx.AsyncClient) -> Make:
    async def make(code: str, **fields: Any) -> dict[str, Any]:
        answer = await client.post("/v1/distributors", json={"code": code, "name": code, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def told(service: Service) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    """What was recorded for other services, in order."""

    async def read() -> list[dict[str, Any]]:
        async with service.database.read() as db:
            rows = await db.connection.fetch("SELECT payload FROM outbox ORDER BY seq")
        return [row["payload"] for row in rows]

    return read
