"""customer-svc with a worker of its own, and a way to have the archive searched."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from customer_svc.app import build
from customer_svc.settings import Settings
from shared.composition import Service
from shared.testing import running
from tonglu_local.postgres import ServiceUrls

FINAL = ("succeeded", "failed", "cancelled")


@pytest.fixture(scope="session")
def urls(service_database: Callable[[str], ServiceUrls]) -> ServiceUrls:
    return service_database("customer_duplicates")


@pytest.fixture(scope="session")
async def started(urls: ServiceUrls) -> AsyncIterator[Service]:
    async with running(build, Settings, urls) as service:
        yield service


async def ended(client: httpx.AsyncClient, operation_id: str) -> dict[str, Any]:
    """The operation, once it is over."""
    async with asyncio.timeout(60):
        while True:
            operation = (await client.get(f"/v1/operations/{operation_id}")).json()
            if operation["status"] in FINAL:
                return operation
            await asyncio.sleep(0.01)


@pytest.fixture
def searched(client: httpx.AsyncClient) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Search the archive; what the operation says in the end."""

    async def search() -> dict[str, Any]:
        answer = await client.post("/v1/duplicates/search")
        assert answer.status_code == 202, answer.text
        operation = await ended(client, answer.json()["id"])
        assert operation["status"] == "succeeded", operation
        return operation["result"]

    return search


@pytest.fixture
def listed(client: httpx.AsyncClient) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """The pairs of the list with these filters."""

    async def read(**params: Any) -> list[dict[str, Any]]:
        answer = await client.get("/v1/duplicates", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return read
