"""customer-svc with a worker of its own, and a way to have files made."""

import asyncio
import json
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
    return service_database("customer_exports")


@pytest.fixture(scope="session")
async def started(urls: ServiceUrls) -> AsyncIterator[Service]:
    async with running(build, Settings, urls) as service:
        yield service


async def ended(client: httpx.AsyncClient, operation_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            operation = (await client.get(f"/v1/operations/{operation_id}")).json()
            if operation["status"] in FINAL:
                return operation
            await asyncio.sleep(0.01)


async def exported(client: httpx.AsyncClient, **body: Any) -> bytes:
    """The file of an export."""
    answer = await client.post("/v1/exports", json=body)
    assert answer.status_code == 202, answer.text
    operation = await ended(client, answer.json()["id"])
    assert operation["status"] == "succeeded", operation
    file = await client.get(f"/v1/exports/{answer.json()['id']}/file")
    assert file.status_code == 200, file.text
    return file.content


@pytest.fixture
def imported(client: httpx.AsyncClient) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Send a file and wait for what becomes of it."""

    async def send(content: str | bytes, **fields: Any) -> dict[str, Any]:
        data = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()
        }
        raw = content.encode() if isinstance(content, str) else content
        started = await client.post("/v1/imports", data=data, files={"file": ("f", raw)})
        await ended(client, started.json()["id"])
        return (await client.get(f"/v1/imports/{started.json()['id']}")).json()

    return send
