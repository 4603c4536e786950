"""Tonglu as it is deployed: nginx, an api and a worker of each service, RabbitMQ, PostgreSQL."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from tests.edge.published import PACKAGES
from tests.resilience.places import removed
from tools import nginx
from tools.bench.processes import Child, free_port, serving

from gateway.app import ensure_admin
from shared.db import Database
from shared.db.migrate import upgrade
from tonglu_local.postgres import ServiceUrls

PASSWORD = "a long bridge over the river"
REPLICAS = {"customer-svc": 2}


@dataclass(frozen=True)
class System:
    """The edge's address, and the api processes of each service."""

    url: str
    apis: dict[str, list[Child]]

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A client of the edge."""
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=20)

    def inside(self, service: str) -> httpx.AsyncClient:
        """A client that is past the edge, at a service's own port."""
        url = f"http://127.0.0.1:{self.apis[service][0].port}"
        return httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)

    @asynccontextmanager
    async def signed_in(self, username: str = "admin") -> AsyncIterator[httpx.AsyncClient]:
        """A client that speaks as this account."""
        form = {"username": username, "password": PASSWORD}
        async with self.client() as client:
            answer = await client.post("/v1/auth/token", data=form)
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client


@asynccontextmanager
async def system(
    database: Callable[[str], ServiceUrls], amqp_url: str, folder: Path
) -> AsyncIterator[System]:
    """Everything started; at the end everything is killed, and the broker holds nothing of it."""
    urls = {name: database(f"deployed_{PACKAGES[name]}") for name in PACKAGES}
    await _migrated(urls)
    ports = {name: [free_port() for _ in range(REPLICAS.get(name, 1))] for name in PACKAGES}
    prefix = f"edge-{uuid4().hex[:12]}"
    common = {"AMQP_URL": amqp_url, "AMQP_PREFIX": prefix, "POOL_SIZE": "4", **_addresses(ports)}
    async with AsyncExitStack() as stack:
        starting = [
            serving(
                [package, part],
                {**common, **_own(urls[name], port)},
                folder / f"{package}-{port}.log",
                port=port,
            )
            for name, package in PACKAGES.items()
            for part, port in (*(("api", port) for port in ports[name]), ("worker", free_port()))
        ]
        stack.push_async_callback(removed, amqp_url, prefix, PACKAGES)
        children = await asyncio.gather(*(stack.enter_async_context(each) for each in starting))
        edge = stack.enter_context(nginx.running(ports))
        by_port = {child.port: child for child in children}
        apis = {name: [by_port[port] for port in each] for name, each in ports.items()}
        there = System(f"http://127.0.0.1:{edge.port}", apis)
        await _routed(there)
        yield there


async def _routed(there: System) -> None:
    """Wait until the gateway has heard from every service what it publishes."""
    async with there.client() as client, asyncio.timeout(60):
        while (await client.get("/v1/nothing")).status_code != httpx.codes.NOT_FOUND:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.1)


async def _migrated(urls: dict[str, ServiceUrls]) -> None:
    for name, package in PACKAGES.items():
        await upgrade(package, urls[name].owner_url)
    database = Database(urls["gateway"].app_url)
    await database.open()
    await ensure_admin(database, PASSWORD)
    await database.close()


def _addresses(ports: dict[str, list[int]]) -> dict[str, str]:
    """Where the services find each other, past the edge."""
    named = {f"{name.removesuffix('-svc').upper()}_URL": each[0] for name, each in ports.items()}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in named.items()}
    keys = {"INTERNAL_JWKS_URL": f"{urls['GATEWAY_URL']}/internal/jwks.json"}
    return {
        **urls,
        **keys,
        "USAGE_URL": urls["GATEWAY_URL"],
        "USAGE_SECRET": "known to all of them",
        "SERVICE_SECRET": "known to two of them",
    }


def _own(urls: ServiceUrls, port: int) -> dict[str, Any]:
    key = base64.b64encode(bytes(range(32))).decode()
    return {"DATABASE_URL": urls.app_url, "DATA_KEY": key, "PORT": str(port)}
