"""What an operator can see and do about messages that went wrong."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from shared.auth.tokens import TokenVerifier
from shared.db import Tx
from shared.http.application import create_app
from shared.http.frame import Frame
from shared.messaging import Delivery, Retries, outbox
from shared.messaging.routes import operator_router
from shared.testing import carried
from shared.testing.clients import as_principal, jwks, staff
from shared.testing.talking import Listener, ThingMoved, moved, write_down


def _client(listener: Listener, *roles: str) -> httpx.AsyncClient:
    routers = [operator_router("listener-svc")]
    app = create_app(title="Listener", description="Listens", version="1", routers=routers)
    verifier = TokenVerifier("listener-svc", jwks=jwks())
    given = carried("listener-svc", listener.database)
    frame = Frame(app, service="listener-svc", carried=given, verifier=verifier, max_in_flight=5)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=frame),
        base_url="http://listener/v1/listener-svc",
        headers=as_principal(staff(*roles), "listener-svc"),
    )


@pytest.fixture
async def admin(listener: Listener) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(listener, "admin") as client:
        yield client


async def _park(listener: Listener, count: int) -> None:
    await listener.inbox.deliver(
        [Delivery(f'{{"odd": {n}}}', "events", "thing.moved.v1") for n in range(count)]
    )


async def test_what_was_given_up_is_listed_newest_first_page_by_page(
    listener: Listener, admin: httpx.AsyncClient
) -> None:
    await _park(listener, 3)
    first = (await admin.get("/dead-letters", params={"limit": 2, "count": "exact"})).json()
    assert (len(first["data"]), first["page"]["has_more"], first["page"]["total"]) == (2, True, 3)
    assert "payload" not in first["data"][0]
    rest = (
        await admin.get("/dead-letters", params={"limit": 2, "cursor": first["page"]["next_cursor"]})
    ).json()
    assert len({letter["id"] for letter in first["data"] + rest["data"]}) == 3
    one = (await admin.get(f"/dead-letters/{rest['data'][0]['id']}")).json()
    assert one["payload"] == {"odd": 0}
    assert one["reason"] == "malformed"


async def test_letters_are_found_by_reason_and_by_whether_they_were_replayed(
    listener: Listener, admin: httpx.AsyncClient
) -> None:
    await _park(listener, 2)
    letters = (await admin.get("/dead-letters", params={"reason": "malformed"})).json()["data"]
    assert len(letters) == 2
    assert (await admin.get("/dead-letters", params={"reason": "crashed"})).json()["data"] == []
    assert (await admin.post(f"/dead-letters/{letters[0]['id']}/replay")).status_code == 202
    waiting = (await admin.get("/dead-letters", params={"replayed": "false"})).json()["data"]
    assert [letter["id"] for letter in waiting] == [letters[1]["id"]]


async def test_a_replayed_event_takes_effect_once(listener: Listener, admin: httpx.AsyncClient) -> None:
    broken = True

    async def handle(tx: Tx, event: ThingMoved) -> None:
        if broken:
            raise LookupError
        await write_down(tx, event)

    listener.handle = handle
    retries = Retries(listener.inbox)
    async with listener.database.begin() as tx:
        outbox.record(tx, moved())
    (row,) = await listener.fetch("SELECT payload::text AS body FROM outbox")
    await listener.inbox.deliver([Delivery(row["body"], "events", "thing.moved.v1")])
    while not await listener.fetch("SELECT FROM dead_letter"):
        await retries.try_due()
    broken = False
    (letter,) = (await admin.get("/dead-letters")).json()["data"]
    for _ in range(2):
        answer = await admin.post(f"/dead-letters/{letter['id']}/replay")
        assert answer.json()["replayed_at"]
        assert await retries.try_due() == 1
    assert len(await listener.ledger()) == 1


async def test_the_outbox_shows_what_waits(listener: Listener, admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/outbox")).json() == {
        "unpublished": 0,
        "failing": 0,
        "oldest_at": None,
        "oldest_age_seconds": 0.0,
    }
    async with listener.database.begin() as tx:
        outbox.record(tx, moved())
    waiting = (await admin.get("/outbox")).json()
    assert waiting["unpublished"] == 1
    assert waiting["oldest_age_seconds"] >= 0


async def test_a_letter_that_is_not_there_is_not_found(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"/dead-letters/{uuid4()}")).status_code == 404
    assert (await admin.post(f"/dead-letters/{uuid4()}/replay")).status_code == 404


async def test_only_administrators_may_look(listener: Listener) -> None:
    async with _client(listener, "manager") as client:
        assert (await client.get("/dead-letters")).status_code == 403
        assert (await client.get("/outbox")).status_code == 403
        assert (await client.post(f"/dead-letters/{uuid4()}/replay")).status_code == 403
