"""A gateway on a real database, with the embedded edge before it and small services behind it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import Request
from fastapi.sse import EventSourceResponse

from gateway.app import Gateway, build, ensure_admin, front, internal_jwks
from gateway.settings import Settings
from shared.auth.tokens import TokenVerifier
from shared.db.migrate import upgrade
from shared.http import Router, needs, public
from shared.http.application import create_app
from shared.http.client import make_client
from shared.http.frame import Frame
from shared.messaging.local import LocalBus
from shared.problems import not_found
from shared.testing import clean

PASSWORD = "nine lives of a tabby"
OF_CUSTOMER = {
    "customer-svc": [
        "/v1/customers/{customer_id}",
        "/v1/customers/{customer_id}/contacts",
        "/v1/customers/{customer_id}/orders",
    ],
    "interaction-svc": ["/v1/customers/{customer_id}/timeline"],
    "scoring-svc": ["/v1/scores/{customer_id}"],
    "notify-svc": [],
}
ADDRESSES = ip_network("10.0.0.0/8").hosts()
PLAIN = {
    "customer-svc": ["orders"],
    "interaction-svc": ["complaints", "promises"],
    "notify-svc": ["reminders"],
}
ASKING = "/v1/imports"
"""An operation of customer-svc whose work goes on asking interaction-svc."""


class MovableClock:
    """The clock of the gateway's transactions, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Neighbour:
    """A small service of another team: echoes who asks, or does what a test wants of it."""

    name: str
    verifier: TokenVerifier
    answer: Callable[[Request], Awaitable[Any]] | None = None
    seen: list[Request] = field(default_factory=list)
    units: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        router = Router(tags=[self.name.removesuffix("-svc")])
        for path in OF_CUSTOMER[self.name]:
            name = path.rpartition("/")[2].strip("{}")
            router.add_api_route(path, self.of_customer, operation_id=f"get_{name}", **needs())
        for plain in PLAIN.get(self.name, ["models"]):
            router.add_api_route(f"/v1/{plain}", self.plain, operation_id=f"list_{plain}", **needs())
        router.add_api_route(
            "/v1/operations/{operation_id}", self.of_operation, operation_id="getOp", **needs()
        )
        if self.name == "customer-svc":
            router.add_api_route("/v1/org-units/{unit_id}", self.of_unit, operation_id="getUnit", **needs())
            asking = needs(asks=["interaction-svc"])
            router.add_api_route(ASKING, self.plain, operation_id="startWork", **asking)
        router.add_api_route("/readyz", self.ready, operation_id="getReadiness", **public())
        router.add_api_route(
            f"/v1/{self.name}/drip",
            self.drip,
            operation_id=f"drip{self.name[:5]}",
            response_class=EventSourceResponse,
            **needs(),
        )
        self.app = create_app(title=self.name, description="", version="1", routers=[router])
        carried = {"service": self.name, "request_seconds": 10}
        self.asgi = Frame(
            self.app, service=self.name, carried=carried, verifier=self.verifier, max_in_flight=100
        )
        self.more = asyncio.Event()
        self.is_ready = True

    # The arguments stand in the published document only.
    async def of_customer(self, request: Request, customer_id: str, limit: int = 50) -> Any:  # noqa: ARG002
        return await self.handle(request)

    async def of_operation(self, request: Request, operation_id: str) -> Any:  # noqa: ARG002
        return await self.handle(request)

    async def of_unit(self, unit_id: UUID) -> Any:
        if unit_id not in self.units:
            raise not_found("org unit", "组织单元")
        return {"id": str(unit_id), "parent_id": None, "status": "active", "version": 1}

    async def plain(
        self,
        request: Request,
        customer_id: str | None = None,  # noqa: ARG002
        unsettled: bool | None = None,  # noqa: ARG002
    ) -> Any:
        return await self.handle(request)

    async def handle(self, request: Request) -> Any:
        self.seen.append(request)
        if self.answer is not None:
            return await self.answer(request)
        principal = request.state.principal
        return {
            "service": self.name,
            "id": str(principal.id),
            "roles": sorted(principal.roles),
            "kind": principal.kind,
            "granted": sorted(principal.granted),
            "distributors": sorted(map(str, principal.scope.distributors or ())),
            "holders": principal.scope.holders and sorted(map(str, principal.scope.holders)),
            "unit": principal.unit and str(principal.unit),
            "masked": sorted(principal.masked),
            "home": principal.home and str(principal.home),
            "headers": dict(request.headers),
        }

    async def ready(self) -> dict[str, Any]:
        return {"checks": {"database": self.is_ready}}

    async def drip(self) -> AsyncIterator[dict[str, int]]:
        yield {"number": 1}
        await self.more.wait()
        yield {"number": 2}


@dataclass
class World:
    """Everything that a test may touch."""

    gateway: Gateway
    edge: Any
    neighbours: dict[str, Neighbour]
    clock: MovableClock
    client: httpx.AsyncClient
    address: str

    async def signed_in(self, username: str = "admin", password: str = PASSWORD) -> dict[str, Any]:
        answer = await self.client.post("/v1/auth/token", data={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def bearer(self, username: str = "admin", password: str = PASSWORD) -> dict[str, str]:
        pair = await self.signed_in(username, password)
        return {"Authorization": f"Bearer {pair['access_token']}"}

    async def until(self, path: str, status: int, token: str, seconds: float = 5) -> None:
        """Wait until the holder of the token gets this status; TimeoutError if that takes too long."""
        headers = {"Authorization": f"Bearer {token}"}
        async with asyncio.timeout(seconds):
            while (await self.client.get(path, headers=headers)).status_code != status:  # noqa: ASYNC110 - only asking can tell
                await asyncio.sleep(0.1)

    async def hired(self, username: str, *roles: str, **fields: Any) -> dict[str, Any]:
        """A new account of that name, which sees its own records unless `fields` say otherwise."""
        body = {
            "username": username,
            "display_name": f"{username} 同事",
            "password": PASSWORD,
            "roles": list(roles),
            **fields,
        }
        answer = await self.client.post("/v1/staff", json=body, headers=await self.bearer())
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


def client_from(edge: Any, address: str) -> httpx.AsyncClient:
    """A client whose connections come from this address."""
    transport = httpx.ASGITransport(app=edge, client=(address, 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://edge")


@pytest.fixture(scope="session")
async def settings(service_database: Any) -> Settings:
    urls = service_database("gateway")
    loaded: Settings = Settings.load(
        database_url=urls.app_url,
        database_owner_url=urls.owner_url,
        data_key=base64.b64encode(bytes(range(32))).decode(),
        allow_test_keys=True,
    )
    await upgrade("gateway", urls.owner_url)
    return loaded.model_copy(update={"internal_jwks": await internal_jwks(loaded)})


@pytest.fixture(scope="session")
async def started(settings: Settings) -> AsyncIterator[World]:
    neighbours = {
        name: Neighbour(name, TokenVerifier(name, jwks=settings.internal_jwks)) for name in OF_CUSTOMER
    }
    clients = {
        name: make_client(f"http://{name}", app=neighbour.asgi) for name, neighbour in neighbours.items()
    }
    documents = {name: neighbour.app.openapi for name, neighbour in neighbours.items()}
    clock = MovableClock()
    tallies = [neighbour.asgi.tally for neighbour in neighbours.values()]
    gateway = build(settings, LocalBus(), clients=clients, documents=documents, tallies=tallies, clock=clock)
    edge = front(gateway, {name: neighbour.asgi for name, neighbour in neighbours.items()})
    async with gateway.running(exclusive=True), client_from(edge, "192.0.2.1") as client:
        yield World(gateway, edge, neighbours, clock, client, "192.0.2.1")


@pytest.fixture
async def world(started: World) -> AsyncIterator[World]:
    """A gateway whose only account is `admin`, asked from an address that no other test asks from."""
    await clean(started.gateway.database, keep=("signing_key",))
    await ensure_admin(started.gateway.database, PASSWORD)
    address = str(next(ADDRESSES))
    async with client_from(started.edge, address) as client:
        yield replace(started, client=client, address=address)
    started.clock.ahead = timedelta()
    for neighbour in started.neighbours.values():
        neighbour.answer = None
        neighbour.is_ready = True
        neighbour.seen.clear()
        neighbour.units.clear()


@pytest.fixture
async def admin(world: World) -> dict[str, str]:
    """The administrator, signed in once for the test."""
    return await world.bearer()
