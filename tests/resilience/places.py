"""Services that stand behind lines which can be cut, and what they are asked."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
from aio_pika.abc import AbstractConnection

import customer_svc.app
import customer_svc.settings
import interaction_svc.app
import interaction_svc.settings
from shared.composition import Service
from shared.http.client import make_client
from shared.messaging.bus import EventBus
from shared.messaging.rabbit.topology import Topology, connect
from shared.testing import running, service_client, staff
from shared.testing.talking import Line
from tonglu_local.postgres import ServiceUrls

MANAGER = staff("manager")
OPERATOR = staff("admin")


def through(url: str, line: Line) -> str:
    """The same address at the near end of a line."""
    parts = urlsplit(url)
    whom = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{whom}@127.0.0.1:{line.port}"))


async def line_to(url: str) -> Line:
    """A line to the server of this address."""
    parts = urlsplit(url)
    line = Line(str(parts.hostname), parts.port or 5672)
    await line.mend()
    return line


def at_the_near_end(urls: ServiceUrls, line: Line) -> ServiceUrls:
    """A service's addresses through a line; migrations go straight."""
    return ServiceUrls(app_url=through(urls.app_url, line), owner_url=urls.owner_url)


@dataclass
class Pair:
    """customer-svc, which tells, and interaction-svc, which listens."""

    teller: Service
    listener: Service
    client: httpx.AsyncClient
    made: list[str] = field(default_factory=list)

    async def make(self) -> httpx.Response:
        """Make a customer; one that was acknowledged is remembered."""
        body = {"name": "海纳百货", "kind": "organisation"}
        answer = await self.client.post("/v1/customers", json=body, headers={"Idempotency-Key": uuid4().hex})
        if answer.status_code == 201:
            self.made.append(answer.json()["id"])
        return answer

    async def ready(self) -> bool:
        answers = [await client_ready(service) for service in (self.teller, self.listener)]
        return all(answers)

    async def settled(self) -> bool:
        """Whether everything acknowledged is there and has been heard of."""
        kept = await ids(self.teller, "SELECT id FROM customer")
        heard = await ids(self.listener, "SELECT id FROM customer_ref")
        return set(self.made) <= kept == heard

    def alive(self) -> bool:
        return all((*self.teller.loops.alive().values(), *self.listener.loops.alive().values()))


async def client_ready(service: Service) -> bool:
    async with service_client(service) as client:
        return (await client.get("/readyz")).status_code == 200


async def ids(service: Service, sql: str) -> set[str]:
    with suppress(Exception):  # asked while the database comes and goes
        async with service.database.read() as db:
            return {str(row["id"]) for row in await db.connection.fetch(sql)}
    return set()


@asynccontextmanager
async def pair(
    customer: ServiceUrls, interaction: ServiceUrls, buses: tuple[EventBus, EventBus], **settings: Any
) -> AsyncIterator[Pair]:
    """Both services, started."""
    async with AsyncExitStack() as stack:
        teller = await stack.enter_async_context(
            running(
                customer_svc.app.build,
                customer_svc.settings.Settings,
                customer,
                bus=buses[0],
                settings=settings,
            )
        )
        reader = await stack.enter_async_context(make_client("http://customer-svc", app=teller.asgi))
        listener = await stack.enter_async_context(
            running(
                interaction_svc.app.build,
                interaction_svc.settings.Settings,
                interaction,
                bus=buses[1],
                settings={**settings, "customer_url": "http://customer-svc"},
                customers=reader,
            )
        )
        client = await stack.enter_async_context(service_client(teller, MANAGER))
        yield Pair(teller, listener, client)


async def busy(pair: Pair, stop: asyncio.Event) -> list[httpx.Response]:
    """Make customers until told to stop; what was answered besides 201."""
    refused = []
    while not stop.is_set():
        answer = await pair.make()
        if answer.status_code != 201:
            refused.append(answer)
        await asyncio.sleep(0.02)
    return refused


async def removed(amqp_url: str, prefix: str, consumers: Iterable[str]) -> None:
    """Take from the broker what a prefix left there."""
    topology = Topology(prefix)
    connection: AbstractConnection = await connect(amqp_url, "tests")
    try:
        channel = await connection.channel()
        for name in (*(topology.queue_of(each) for each in consumers), topology.dead):
            await channel.queue_delete(name)
        for name in (topology.events, topology.dead):
            await channel.exchange_delete(name)
    finally:
        await connection.close()


async def as_owner(urls: ServiceUrls, sql: str) -> list[Any]:
    """Do something that only the owner of the tables may."""
    connection = await asyncpg.connect(urls.owner_url)
    try:
        await connection.execute("SET app.distributor = '*'; SET app.holders = '*'")
        return list(await connection.fetch(sql))
    finally:
        await connection.close()
