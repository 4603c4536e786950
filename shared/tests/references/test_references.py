"""Reference rows: never backwards, read through once, and never a wrong 404."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.auth.tokens import HEADER
from shared.db import EVERYTHING, Database, Scope
from shared.events.customer import (
    CustomerAssigned,
    CustomerRegistered,
    CustomersImported,
    CustomerUpdated,
    ReferenceRow,
)
from shared.problems import NotFound, Unavailable
from shared.references import CUSTOMER_EVENTS, CustomerRef, References, apply

CUSTOMERS = [UUID(int=number) for number in range(1, 4)]
Answer = Callable[[httpx.Request], httpx.Response]


def _state(version: int) -> dict[str, Any]:
    return {
        "owner_id": UUID(int=version),
        "org_unit_id": None,
        "status": f"s{version}",
        "channel": "shop",
        "version": version,
        "distributor_id": None,
    }


def _event(kind: int, changes: list[tuple[UUID, int]]) -> Any:
    single = (CustomerRegistered, CustomerUpdated, CustomerAssigned)
    if kind < len(single):
        customer, version = changes[0]
        return single[kind](subject=customer, **_state(version))
    rows = tuple(ReferenceRow(customer_id=customer, **_state(version)) for customer, version in changes)
    return CustomersImported(subject=uuid4(), version=1, distributor_id=None, customers=rows)


CHANGES = st.tuples(st.sampled_from(CUSTOMERS), st.integers(1, 6))
EVENTS = st.builds(_event, st.integers(0, 3), st.lists(CHANGES, min_size=1, max_size=5))


def _told(event: Any) -> list[tuple[UUID, int]]:
    if isinstance(event, CustomersImported):
        return [(row.customer_id, row.version) for row in event.customers]
    return [(event.subject, event.version)]


@given(events=st.lists(EVENTS, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_order_of_events_the_newest_version_stays(
    work: Database, events: list[Any]
) -> None:
    newest: dict[UUID, int] = {}
    async with work.begin() as tx:
        await tx.connection.execute("DELETE FROM customer_ref")
        for event in events:
            await CUSTOMER_EVENTS[type(event)](tx, event)
            for customer, version in _told(event):
                newest[customer] = max(version, newest.get(customer, 0))
            rows = await tx.connection.fetch("SELECT id, version, status FROM customer_ref")
            assert {row["id"]: row["version"] for row in rows} == newest
            assert all(row["status"] == f"s{row['version']}" for row in rows)


def _ref(customer: UUID, *, version: int = 1, distributor: UUID | None = None) -> CustomerRef:
    return CustomerRef(customer, distributor, None, None, "active", None, None, version)


async def test_a_thousand_rows_are_kept_by_one_statement(work: Database) -> None:
    rows = [_ref(UUID(int=number), version=2) for number in range(1000)]
    async with work.begin() as tx:
        assert await apply(tx, rows) == 1000
        assert await apply(tx, rows) == 0
        assert await apply(tx, [_ref(UUID(int=1)), _ref(UUID(int=2), version=3)]) == 1
        assert await apply(tx, []) == 0


class Archive:
    """A customer-svc of the test's own."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


@asynccontextmanager
async def _references(database: Database, handler: Any) -> AsyncIterator[References]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        yield References(database, client, "http://archive/")


def _customer(customer: UUID, **changed: Any) -> dict[str, Any]:
    known = {"id": str(customer), "name": "不保存", "distributor_id": None, "owner_id": None}
    return {**known, "org_unit_id": None, "status": "active", "channel": "shop", "version": 3, **changed}


async def test_an_unknown_customer_is_asked_for_once_with_the_callers_token(work: Database) -> None:
    customer = uuid4()
    archive = Archive(lambda _: httpx.Response(200, json=_customer(customer)))
    async with _references(work, archive) as references:
        first = await references.require(customer, scope=EVERYTHING, token="signed")
        assert await references.require(customer, scope=EVERYTHING, token="signed") == first
    [request] = archive.requests
    assert str(request.url) == f"http://archive/v1/customers/{customer}"
    assert request.headers[HEADER] == "signed"
    assert (first.id, first.status, first.version) == (customer, "active", 3)


async def test_the_version_may_stand_in_the_etag(work: Database) -> None:
    customer = uuid4()
    answer = _customer(customer)
    del answer["version"]
    archive = Archive(lambda _: httpx.Response(200, json=answer, headers={"ETag": '"v7"'}))
    async with _references(work, archive) as references:
        assert (await references.require(customer, scope=EVERYTHING, token="")).version == 7


async def test_an_answer_older_than_an_event_does_not_undo_it(work: Database) -> None:
    customer = uuid4()

    async def overtaken(_request: httpx.Request) -> httpx.Response:
        async with work.begin() as tx:
            await apply(tx, [_ref(customer, version=9)])
        return httpx.Response(200, json=_customer(customer))

    async with _references(work, overtaken) as references:
        await references.require(customer, scope=EVERYTHING, token="")
        known = await references.find(customer)
    assert known is not None
    assert known.version == 9


async def test_a_customer_that_does_not_exist_is_not_found(work: Database) -> None:
    archive = Archive(lambda _: httpx.Response(404, json={"code": "not_found"}))
    async with _references(work, archive) as references:
        with pytest.raises(NotFound):
            await references.require(uuid4(), scope=EVERYTHING, token="")


@pytest.mark.parametrize("known", [True, False])
async def test_a_foreign_customer_looks_like_none(work: Database, *, known: bool) -> None:
    customer, theirs, ours = uuid4(), uuid4(), uuid4()
    if known:
        async with work.begin() as tx:
            await apply(tx, [_ref(customer, distributor=theirs)])
    answer = _customer(customer, distributor_id=str(theirs))
    async with _references(work, Archive(lambda _: httpx.Response(200, json=answer))) as references:
        with pytest.raises(NotFound) as refused:
            await references.require(customer, scope=Scope(frozenset({ours})), token="")
        assert (await references.require(customer, scope=Scope(frozenset({theirs})), token="")).id == customer
    assert refused.value.code == "not_found"


def _refuse(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    "answer",
    [
        _refuse,
        lambda _: httpx.Response(500),
        lambda _: httpx.Response(503, headers={"Retry-After": "1"}),
        lambda _: httpx.Response(403),
        lambda _: httpx.Response(200, text="not json"),
        lambda _: httpx.Response(200, json=[]),
        lambda _: httpx.Response(200, json={"id": "x"}),
        lambda _: httpx.Response(200, json=_customer(uuid4())),
    ],
)
async def test_what_cannot_be_answered_is_unavailable_and_never_a_404(work: Database, answer: Answer) -> None:
    async with _references(work, Archive(answer)) as references:
        with pytest.raises(Unavailable) as refused:
            await references.require(uuid4(), scope=EVERYTHING, token="")
    assert refused.value.code == "customer_unknown_yet"
    assert refused.value.retry_after


async def test_a_server_that_drips_is_given_up_in_total_not_per_byte(work: Database) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.1)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient(trust_env=False) as client:
        references = References(work, client, f"http://127.0.0.1:{port}")
        with pytest.raises(Unavailable):
            await references.require(uuid4(), scope=EVERYTHING, token="")
