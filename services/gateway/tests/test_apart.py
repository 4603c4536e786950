"""The gateway with services in processes of their own: documents are fetched, and databases go away."""

import asyncio
import threading
from typing import Any

import httpx
import pytest

from gateway.__main__ import open_first_account
from gateway.api_keys.hashing import Hashing
from gateway.api_keys.queries import plans_of_keys
from gateway.api_keys.uses import Uses
from gateway.app import build, ensure_admin, front
from gateway.documentation.sources import Documents
from gateway.edge.check import Check, Credentials
from gateway.edge.identity import StaffIdentity
from gateway.edge.partners import KeyIdentity
from gateway.edge.paths import Paths
from gateway.keys.ring import KeyRing
from gateway.limits.warden import Warden
from shared.db import Database
from shared.messaging.local import LocalBus
from shared.problems import NotFound, Unauthenticated, Unavailable
from shared.sealing import Sealer
from shared.testing import clean

ORDERS: dict[str, Any] = {"paths": {"/v1/orders": {"get": {}}}}


class Remote(httpx.AsyncBaseTransport):
    """A service at the other end of a network that fails."""

    def __init__(self) -> None:
        self.document: Any = None
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.document is None:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json=self.document, request=request)


async def test_paths_of_a_service_that_never_told_are_unavailable_not_unknown(settings: Any) -> None:
    remote, moment = Remote(), 0.0
    database = Database(settings.database_url.get_secret_value())
    await database.open()
    ring = KeyRing(database, None)  # type: ignore[arg-type]  # no key is needed to refuse
    async with httpx.AsyncClient(transport=remote, base_url="http://customer") as client:
        documents = Documents({}, {"customer-svc": client}, monotonic=lambda: moment)
        people = StaffIdentity(database, ring, issuer="x")
        hashing = Hashing(Sealer(settings.data_key.get_secret_value()))
        partners = KeyIdentity(database, hashing, Uses(database), test_keys=False)
        warden = Warden(database, pepper=b"", key_plans=plans_of_keys, counting=True)
        check = Check(Paths(documents.all).table, people, partners, ring, warden)
        with pytest.raises(Unavailable, match="service_starting"):
            await check("GET", "/v1/orders", Credentials())
        remote.document = ORDERS
        with pytest.raises(Unavailable):
            await check("GET", "/v1/orders", Credentials())
        assert remote.asked == 1
        moment += 3
        with pytest.raises(Unauthenticated):
            await check("GET", "/v1/orders", Credentials())
        with pytest.raises(NotFound):
            await check("GET", "/v1/nothing", Credentials())
    await database.close()


async def test_a_service_that_goes_away_keeps_its_last_document() -> None:
    remote, moment = Remote(), 0.0
    remote.document = ORDERS
    async with httpx.AsyncClient(transport=remote, base_url="http://customer") as client:
        documents = Documents({}, {"customer-svc": client}, monotonic=lambda: moment)
        first = await documents.all()
        remote.document = None
        moment += 61
        assert await documents.all() is first
        await asyncio.sleep(0)
        assert await documents.all() == {"customer-svc": ORDERS}


async def test_the_door_is_ready_once_it_knows_the_documents_and_not_before(settings: Any) -> None:
    made, asked = threading.Event(), threading.Event()

    def slowly() -> dict[str, Any]:
        asked.set()
        made.wait(20)
        return ORDERS

    gateway = build(settings, LocalBus(), clients={}, documents={"customer-svc": slowly})
    transport = httpx.ASGITransport(app=gateway.asgi)
    async with (
        gateway.running(worker=False),
        httpx.AsyncClient(transport=transport, base_url="http://e") as door,
    ):
        assert await asyncio.to_thread(asked.wait, 10), "nobody has to come for them"
        early = await door.get("/readyz")
        assert (early.status_code, early.json()["checks"]["documents"]) == (503, False)
        made.set()
        assert await gateway.told.asked()
        ready = await door.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["documents"]) == (200, True)


async def test_a_service_that_is_away_does_not_keep_the_door_from_being_ready() -> None:
    remote = Remote()
    async with httpx.AsyncClient(transport=remote, base_url="http://customer") as client:
        documents = Documents({}, {"customer-svc": client})
        assert await documents.asked()
        assert await documents.asked()
    assert remote.asked == 1


async def test_without_its_database_the_door_says_try_again(settings: Any, world: Any) -> None:
    token = (await world.signed_in())["access_token"]
    nowhere = settings.database_url.get_secret_value().rpartition("@")[0] + "@127.0.0.1:9/gateway"
    lost = settings.model_copy(update={"database_url": type(settings.database_url)(nowhere)})
    gateway = build(lost, LocalBus(), clients={}, documents={})
    transport = httpx.ASGITransport(app=front(gateway, {}))
    await gateway.database.open()
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        answer = await client.get("/v1/staff", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
    await gateway.database.close()


async def test_replicas_that_start_together_open_one_first_account(world: Any) -> None:
    database = world.gateway.database
    await clean(database, keep=("signing_key",))
    made = await asyncio.gather(*(ensure_admin(database) for _ in range(4)))
    passwords = [password for password in made if password is not None]
    assert len(passwords) == 1
    assert await world.signed_in("admin", passwords[0])


async def test_the_migrating_process_opens_the_first_account(world: Any, settings: Any) -> None:
    await clean(world.gateway.database, keep=("signing_key",))
    told = settings.model_copy(update={"admin_password": type(settings.data_key)("given by a secret")})
    migrating = build(told, LocalBus(), clients={}, documents={})
    await migrating.database.open()
    for _ in range(2):
        await open_first_account(migrating)
    await migrating.database.close()
    assert await world.signed_in("admin", "given by a secret")
