"""customer-svc with a worker of its own, which fills the index of fields."""

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
Define = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def urls(service_database: Callable[[str], ServiceUrls]) -> ServiceUrls:
    return service_database("customer_fields")


@pytest.fixture(scope="session")
async def started(urls: ServiceUrls) -> AsyncIterator[Service]:
    async with running(build, Settings, urls) as service:
        yield service


async def settled(client: httpx.AsyncClient, field: dict[str, Any]) -> dict[str, Any]:
    """The field when its operation has ended, and how it did."""
    if field["operation_id"] is None:
        return field
    async with asyncio.timeout(60):
        while True:
            operation = (await client.get(f"/v1/operations/{field['operation_id']}")).json()
            if operation["status"] in FINAL:
                read = (await client.get(f"/v1/fields/{field['id']}")).json()
                return read | {"operation": operation}
            await asyncio.sleep(0.01)


@pytest.fixture
def define(client: httpx.AsyncClient) -> Define:
    """Define a field and wait until it is ready."""

    async def make(key: str, kind: str, **parts: Any) -> dict[str, Any]:
        names = {"en": key, "zh": key}
        body = {"entity": "customer", "key": key, "names": names, "type": kind, **parts}
        made = await client.post("/v1/fields", json=body)
        assert made.status_code == 201, made.text
        return await settled(client, made.json())

    return make


def options(*values: str, **retired: bool) -> list[dict[str, Any]]:
    return [
        {"value": value, "names": {"en": value, "zh": f"{value}店"}, "retired": retired.get(value, False)}
        for value in values
    ]
