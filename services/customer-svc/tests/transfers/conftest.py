"""customer-svc with a worker of its own, and a way to send files to it."""

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
Send = Callable[..., Awaitable[dict[str, Any]]]
Finish = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="session")
def urls(service_database: Callable[[str], ServiceUrls]) -> ServiceUrls:
    return service_database("customer_transfers")


@pytest.fixture(scope="session")
async def started(urls: ServiceUrls) -> AsyncIterator[Service]:
    async with running(build, Settings, urls) as service:
        yield service


async def sent(client: httpx.AsyncClient, content: str | bytes, headers: Any = None, **fields: Any) -> Any:
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    raw = content.encode() if isinstance(content, str) else content
    return await client.post(
        "/v1/imports", data=data, files={"file": ("f.csv", raw, "text/csv")}, headers=headers
    )


async def until(client: httpx.AsyncClient, place: str, over: Callable[[Any], Any]) -> Any:
    """What is there as soon as it is so."""
    async with asyncio.timeout(60):
        while True:
            found = (await client.get(place)).json()
            if over(found):
                return found
            await asyncio.sleep(0.01)


async def ended_operation(client: httpx.AsyncClient, operation_id: str) -> dict[str, Any]:
    """The operation when nothing more happens to it."""
    found = await until(client, f"/v1/operations/{operation_id}", lambda found: found["status"] in FINAL)
    return dict(found)


async def ended(client: httpx.AsyncClient, import_id: str) -> dict[str, Any]:
    """The import when nothing more happens to it."""
    operation = await ended_operation(client, import_id)
    return (await client.get(f"/v1/imports/{import_id}")).json() | {"operation": operation}


@pytest.fixture
def imported(client: httpx.AsyncClient) -> Send:
    """Send a file and wait for what becomes of it."""

    async def send(content: str | bytes, **fields: Any) -> dict[str, Any]:
        answer = await sent(client, content, **fields)
        assert answer.status_code == 202, answer.text
        return await ended(client, answer.json()["import_id"])

    return send


@pytest.fixture
def faults(client: httpx.AsyncClient) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    async def read(done: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
        answer = await client.get(f"/v1/imports/{done['id']}/errors", params={"limit": 200}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return read


def counts(done: dict[str, Any]) -> tuple[int, int, int, int, int]:
    """Read, created, unchanged, duplicate, failed."""
    return tuple(done[name] for name in ("read", "created", "unchanged", "duplicate", "failed"))  # type: ignore[return-value]
