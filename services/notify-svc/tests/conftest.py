"""One notify-svc on a real database for all tests of this folder, with nothing firing behind their backs."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from notify_svc.app import build
from notify_svc.settings import Settings
from shared.auth import Principal
from shared.clock import new_id
from shared.composition import Service
from shared.db import Database
from shared.events import Envelope, Event
from shared.messaging.consumers import take_in_hand
from shared.references import CustomerRef, apply
from shared.testing import clean, running, service_client, staff
from shared.testing.sink import sink
from shared.testing.tls import tls_for
from tonglu_local.postgres import ServiceUrls

from .messaging import OPEN, SOME_POLICY, House, Mailbox, free_port


@dataclass
class World:
    """The running service, and the people who use it."""

    service: Service
    urls: ServiceUrls
    lin: Principal = field(default_factory=lambda: staff("sales"))
    wang: Principal = field(default_factory=lambda: staff("sales"))
    manager: Principal = field(default_factory=lambda: staff("manager"))

    @property
    def database(self) -> Database:
        return self.service.database

    def client(self, who: Principal | None, **headers: str) -> httpx.AsyncClient:
        return service_client(self.service, who, **headers)

    async def post(
        self, who: Principal | None, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        async with self.client(who) as client:
            return await client.post(path, json=body, headers=headers)

    async def get(self, who: Principal | None, path: str, **headers: str) -> httpx.Response:
        async with self.client(who) as client:
            return await client.get(path, headers=headers)

    async def patch(self, who: Principal | None, path: str, body: Any, **headers: str) -> httpx.Response:
        async with self.client(who) as client:
            return await client.patch(path, json=body, headers=headers)

    async def delete(self, who: Principal | None, path: str, **headers: str) -> httpx.Response:
        async with self.client(who) as client:
            return await client.delete(path, headers=headers)

    async def reminder(self, who: Principal, **given: Any) -> dict[str, Any]:
        """A reminder made through the API, due in a week unless told otherwise."""
        due = {} if "local_time" in given else {"due_at": self.later(days=7)}
        answer = await self.post(who, "/v1/reminders", {"subject": "Call back", **due, **given})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def later(self, **delta: float) -> str:
        """A moment from now, as it is sent."""
        return (self.database.now() + timedelta(**delta)).isoformat()

    async def customer(self, *, distributor_id: UUID | None = None) -> UUID:
        """A customer that this service already knows."""
        known = CustomerRef(new_id(), distributor_id, None, None, "active", None, None, 1)
        async with self.database.begin() as tx:
            await apply(tx, [known])
        return known.id

    async def hear(self, *events: Event) -> None:
        """Have these events handled, each in a transaction of its own, as the inbox does."""
        consumers = self.service._blueprint.consumers
        for event in events:
            async with self.database.begin() as tx:
                take_in_hand(tx, Envelope(new_id(), tx.now, None, event))
                for handler in consumers.handlers(type(event)):
                    await handler(tx, event)

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """What the database says, past every door."""
        async with self.database.begin() as tx:
            return await tx.connection.fetch(statement, *values)

    async def make_late(self, reminder_id: str, hours: float) -> None:
        """Move a reminder's moment into the past by the database's own clock."""
        await self.sql(
            "UPDATE reminder SET due_at = now() - make_interval(secs => $2 * 3600) WHERE id = $1",
            UUID(reminder_id),
            hours,
        )


@pytest.fixture(scope="session")
async def _running(service_database: Callable[[str], ServiceUrls]) -> AsyncIterator[World]:
    urls = service_database("notify")
    allowed = {"webhook_allow": "127.0.0.1:18999"}
    async with running(build, Settings, urls, worker=False, settings=allowed) as service:
        yield World(service, urls)


@pytest.fixture
async def world(_running: World) -> AsyncIterator[World]:
    """The service without any reminder or item."""
    yield World(_running.service, _running.urls)
    await clean(_running.service.database)


@pytest.fixture
async def house(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Messages may leave whenever they like, and senders lead to a sink."""
    await world.sql(SOME_POLICY)
    await world.sql(OPEN)
    carried = world.service.asgi._carried  # type: ignore[attr-defined]
    for name in ("sender_trusted", "tester"):
        monkeypatch.setitem(carried, name, carried[name])
    async with sink() as place:
        found = House(world, [place.place, "127.0.0.1:1", "localhost:2525"])
        found.sink = place
        await found.template()
        yield found
        await found.desk.outward.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tls_for("localhost", tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def mail(house: House, certificate: Any) -> AsyncIterator[Mailbox]:
    """A server that wants STARTTLS and a password."""
    tls, trusting = certificate
    box = Mailbox()

    def let_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (b"crm", b"secret")
        return AuthResult(success=known, handled=False)

    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=tls,
        require_starttls=True,
        authenticator=let_in,
        auth_required=True,
    )
    controller.start()
    box.port = controller.port
    house.trust(f"localhost:{box.port}", tls=trusting)
    yield box
    controller.stop()
