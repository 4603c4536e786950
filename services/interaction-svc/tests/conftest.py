"""One interaction-svc on a real database for these tests, beside a customer-svc made of a dictionary."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from interaction_svc.app import build
from interaction_svc.promises.commands import BREAKING
from interaction_svc.revisions.commands import CHANGED
from interaction_svc.settings import Settings
from shared.auth import Principal
from shared.clock import new_id
from shared.composition import Service
from shared.db import Database
from shared.jobs import enqueue
from shared.references import MERGED_FROM, CustomerRef, apply
from shared.testing import clean, partner, running, service_client, staff
from shared.testing.talking import eventually
from tonglu_local.postgres import ServiceUrls

READ_AND_WRITE = ("interactions:read", "interactions:write", "complaints:read", "complaints:write")


@dataclass
class CustomerService:
    """What customer-svc would answer; it can be away, and it counts how often it was asked."""

    known: dict[UUID, UUID | None] = field(default_factory=dict)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    identities: dict[str, list[UUID]] = field(default_factory=dict)
    forbidden: bool = False
    away: bool = False
    asked: int = 0

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away", request=request)
        if "/by-identity/" in request.url.path:
            return self._by_identity(request.url.path.partition("/by-identity/")[2])
        return self._told(UUID(request.url.path.rpartition("/")[2]))

    def _by_identity(self, identity: str) -> httpx.Response:
        found = self.identities.get(identity, [])
        if self.forbidden:
            return httpx.Response(403, json={"code": "forbidden"})
        if len(found) > 1:
            return httpx.Response(409, json={"code": "customer_ambiguous"})
        if not found:
            return httpx.Response(404, json={"code": "not_found"})
        origin, current = found[0], self.merged.get(found[0], found[0])
        answer = self._told(current)
        if current != origin:
            answer.headers[MERGED_FROM] = str(origin)
        return answer

    def _told(self, customer_id: UUID) -> httpx.Response:
        if customer_id in self.merged:
            return httpx.Response(308, json={"merged_into": str(self.merged[customer_id])})
        if customer_id not in self.known:
            return httpx.Response(404, json={"code": "not_found"})
        distributor = self.known[customer_id]
        state = {"owner_id": None, "status": "active", "version": 1}
        ids = {"id": str(customer_id), "distributor_id": None if distributor is None else str(distributor)}
        return httpx.Response(200, json={**state, **ids})


@dataclass
class World:
    """The running service, the other one, and the people who use it."""

    service: Service
    urls: ServiceUrls
    customers: CustomerService
    lin: Principal = field(default_factory=lambda: staff("service"))
    wang: Principal = field(default_factory=lambda: staff("sales"))
    analyst: Principal = field(default_factory=lambda: staff("analyst"))

    @property
    def database(self) -> Database:
        return self.service.database

    def client(self, who: Principal | None = None, **headers: str) -> httpx.AsyncClient:
        return service_client(self.service, who or self.lin, **headers)

    async def get(self, path: str, who: Principal | None = None, **headers: str) -> httpx.Response:
        async with self.client(who) as client:
            return await client.get(path, headers=headers)

    async def post(
        self, path: str, body: Any = None, who: Principal | None = None, **headers: str
    ) -> httpx.Response:
        async with self.client(who) as client:
            return await client.post(path, json=body, headers=headers)

    async def patch(
        self, path: str, body: Any, who: Principal | None = None, **headers: str
    ) -> httpx.Response:
        async with self.client(who) as client:
            return await client.patch(path, json=body, headers=headers)

    def partner(self, distributor_id: UUID) -> Principal:
        return partner(distributor_id, *READ_AND_WRITE)

    def when(self, **ago: float) -> str:
        """A moment in the past (negative: in the future), as it is sent."""
        return (self.database.now() - timedelta(**ago)).isoformat().replace("+00:00", "Z")

    async def customer(self, distributor_id: UUID | None = None) -> str:
        """A customer that this service already knows."""
        ref = CustomerRef(new_id(), distributor_id, None, None, "active", None, None, 1)
        async with self.database.begin() as tx:
            await apply(tx, [ref])
        return str(ref.id)

    async def interaction(self, customer_id: str, **given: Any) -> dict[str, Any]:
        """An interaction logged through the API, a call of an hour ago unless told otherwise."""
        call = {"channel": "call", "direction": "outbound", "summary": "回访 Follow-up"}
        body = {"customer_id": customer_id, "occurred_at": self.when(hours=1), **call, **given}
        return _made(await self.post("/v1/interactions", body))

    async def complaint(self, customer_id: str, **given: Any) -> dict[str, Any]:
        """A complaint taken in through the API."""
        about = {"channel": "call", "category": "quality", "subject": "杯口有裂纹", "description": "三件"}
        return _made(await self.post("/v1/complaints", {"customer_id": customer_id, **about, **given}))

    def visit_body(self, customer_id: str, **given: Any) -> dict[str, Any]:
        """What plans a visit, in an hour and for an hour unless told otherwise."""
        times = {"starts_at": self.when(hours=-1), "ends_at": self.when(hours=-2)}
        return {"customer_id": customer_id, **times, "timezone": "Asia/Shanghai", "purpose": "回访", **given}

    async def visit(self, customer_id: str, who: Principal | None = None, **given: Any) -> dict[str, Any]:
        """A visit planned through the API."""
        return _made(await self.post("/v1/visits", self.visit_body(customer_id, **given), who))

    async def swept(self, kind: str) -> None:
        """Have the worker do its periodic work of this kind now."""
        async with self.database.begin() as tx:
            await enqueue(tx, kind, {})

        async def done() -> bool:
            return not await self.sql(
                "SELECT FROM job WHERE kind = $1 AND every_seconds IS NULL AND state <> 'done'", kind
            )

        await eventually(done)

    async def do(self, complaint: dict[str, Any], verb: str, /, **body: Any) -> httpx.Response:
        """One verb on a complaint."""
        return await self.post(f"/v1/complaints/{complaint['id']}/{verb}", body)

    async def passed(self, promise_id: UUID) -> None:
        """Let the deadline of a promise pass, as far as it is open, and the worker look at it."""
        await self.sql(
            "UPDATE promise SET due_at = now() - interval '1 hour' WHERE id = $1 AND status = 'open'",
            promise_id,
        )
        async with self.database.begin() as tx:
            await enqueue(tx, BREAKING, {})

        async def done() -> bool:
            return not await self.sql(
                "SELECT FROM job WHERE kind = $1 AND every_seconds IS NULL AND state <> 'done'", BREAKING
            )

        await eventually(done)

    async def counted(self) -> None:
        """Until the worker has counted deadlines anew, if a calendar was changed."""

        async def done() -> bool:
            return not await self.sql("SELECT FROM job WHERE kind = $1 AND state <> 'done'", CHANGED)

        await eventually(done)

    async def events(self) -> list[dict[str, Any]]:
        """What was recorded in the outbox, in order."""
        return [row["payload"] for row in await self.sql("SELECT payload FROM outbox ORDER BY seq")]

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """What the database says, past every door."""
        async with self.database.begin() as tx:
            rows: list[Any] = await tx.connection.fetch(statement, *values)
            return rows


def _made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="session")
async def _running(
    service_database: Callable[[str], ServiceUrls], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    urls = service_database("interaction")
    customers = CustomerService()
    client = httpx.AsyncClient(transport=httpx.MockTransport(customers.answer))
    files = {"attachment_dir": tmp_path_factory.mktemp("files"), "attachment_most_bytes": 4 * 1024 * 1024}
    async with client, running(build, Settings, urls, settings=files, customers=client) as service:
        yield World(service, urls, customers)


@pytest.fixture
async def world(_running: World) -> AsyncIterator[World]:
    """The service without any row."""
    customers = _running.customers
    customers.known, customers.away, customers.asked = {}, False, 0
    customers.identities, customers.forbidden, customers.merged = {}, False, {}
    yield World(_running.service, _running.urls, customers)
    await clean(_running.service.database)
