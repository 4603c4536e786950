"""The two trees as the gateway knows them: never backwards, closed downwards, asked for once when missing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.reach import queries
from gateway.reach.clients import Trees
from gateway.reach.consumers import REACH_EVENTS
from gateway.reach.domain import Place
from gateway.reach.lookup import Lookup
from gateway.reach.survey import Survey
from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.db import Database
from shared.events import to_json
from shared.events.customer import DistributorChanged, OrgUnitChanged
from shared.jobs import Worker, enqueue
from shared.messaging.bus import Delivery
from shared.messaging.consumers import Consumers
from shared.messaging.inbox import Inbox
from shared.operations import OperationFollower
from shared.problems import NotFound, Unavailable
from shared.testing.talking import eventually

PLACES = [UUID(int=number) for number in range(1, 5)]
KINDS = {
    "distributor": (DistributorChanged, queries.distributor, queries.distributors_below),
    "unit": (OrgUnitChanged, queries.unit, queries.units_below),
}
CHANGES = st.tuples(
    st.sampled_from([DistributorChanged, OrgUnitChanged]), st.sampled_from(PLACES), st.integers(1, 6)
)


@pytest.fixture
def database(world: Any) -> Database:
    found: Database = world.gateway.database
    return found


def told(
    kind: Any, subject: UUID, *, parent: UUID | None = None, version: int = 1, status: str = "active"
) -> Any:
    return kind(subject=subject, version=version, distributor_id=None, parent_id=parent, status=status)


async def hear(database: Database, *events: Any) -> None:
    async with database.begin() as tx:
        for event in events:
            await REACH_EVENTS[type(event)](tx, event)


@given(changes=st.lists(CHANGES, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_order_of_events_the_newest_version_stays(
    database: Database, changes: list[tuple[Any, UUID, int]]
) -> None:
    newest: dict[tuple[Any, UUID], int] = {}
    async with database.begin() as tx:
        await tx.connection.execute("DELETE FROM distributor_ref; DELETE FROM org_unit_ref")
    for kind, place, version in changes:
        await hear(database, told(kind, place, version=version, status=f"s{version}"))
        newest[kind, place] = max(version, newest.get((kind, place), 0))
    async with database.read() as reader:
        for kind, find, _ in KINDS.values():
            for place in PLACES:
                expected = newest.get((kind, place))
                found = await find(reader, place)
                assert found == (expected and Place(place, None, f"s{expected}", expected))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_place_reaches_itself_and_all_below_whoever_was_told_of_first(
    database: Database, kind: str
) -> None:
    event, _, below = KINDS[kind]
    top, left, right, leaf, ended = (uuid4() for _ in range(5))
    await hear(
        database,
        told(event, leaf, parent=left),
        told(event, ended, parent=leaf, status="ended"),
        told(event, right, parent=top),
        told(event, left, parent=top),
        told(event, top),
    )
    async with database.read() as reader:
        assert await below(reader, top) == {top, left, right, leaf, ended}
        assert await below(reader, left) == {left, leaf, ended}
        assert await below(reader, right) == {right}
        assert await below(reader, (unknown := uuid4())) == {unknown}
    await hear(database, told(event, leaf, parent=right, version=2))
    async with database.read() as reader:
        assert await below(reader, left) == {left}
        assert await below(reader, right) == {right, leaf, ended}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_ring_that_stands_between_two_late_events_ends(database: Database, kind: str) -> None:
    event, _, below = KINDS[kind]
    one, other = uuid4(), uuid4()
    await hear(database, told(event, one, parent=other), told(event, other, parent=one))
    async with database.read() as reader:
        assert await below(reader, one) == {one, other}


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("prospect", True),
        ("onboarding", True),
        ("active", True),
        ("suspended", False),
        ("ended", False),
        ("closed", False),
    ],
)
async def test_who_is_suspended_ended_or_deleted_is_told_apart(
    database: Database, status: str, is_open: bool
) -> None:
    place = uuid4()
    await hear(database, told(DistributorChanged, place, status=status))
    async with database.read() as reader:
        found = await queries.distributor(reader, place)
    assert found is not None
    assert found.open is is_open


async def test_both_events_come_in_through_the_gateways_inbox_once(world: Any, database: Database) -> None:
    assert {"distributor.changed.v1", "org_unit.changed.v1"} <= world.gateway.consumed
    inbox = Inbox("gateway", database, Consumers(REACH_EVENTS))
    place = uuid4()
    events = [told(DistributorChanged, place), told(OrgUnitChanged, place, parent=PLACES[0])]
    batch = [
        Delivery(to_json(event, uuid4(), database.now(), None), "tonglu.events", event.type)
        for event in events
    ]
    await inbox.deliver([*batch, *batch])
    async with database.read() as reader:
        assert await queries.distributor(reader, place) == Place(place, None, "active", 1)
        assert await queries.unit(reader, place) == Place(place, PLACES[0], "active", 1)


class Archive:
    """A customer-svc of the test's own."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)


@asynccontextmanager
async def looking(database: Database, handler: Any) -> AsyncIterator[Lookup]:
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(handler), base_url="http://customer-svc"
    ) as client:
        yield Lookup(database, Trees(client))


def _answered(place: UUID, **changed: Any) -> dict[str, Any]:
    known = {"id": str(place), "name": "不保存", "parent_id": str(PLACES[0]), "status": "active"}
    return {**known, "version": 3, **changed}


@pytest.mark.parametrize(("kind", "path"), [("distributor", "distributors"), ("unit", "org-units")])
async def test_an_unknown_place_is_asked_for_once_with_the_callers_token(
    database: Database, kind: str, path: str
) -> None:
    place = uuid4()
    archive = Archive(lambda _: httpx.Response(200, json=_answered(place)))
    async with looking(database, archive) as lookup:
        ask = getattr(lookup, kind)
        first = await ask(place, token="signed")
        assert first == Place(place, PLACES[0], "active", 3)
        assert await ask(place, token="signed") == first
    [request] = archive.requests
    assert str(request.url) == f"http://customer-svc/v1/{path}/{place}"
    assert request.headers[HEADER] == "signed"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_customer_svc_does_not_know_is_not_there(database: Database, kind: str) -> None:
    async with looking(database, Archive(lambda _: httpx.Response(404))) as lookup:
        with pytest.raises(NotFound):
            await getattr(lookup, kind)(uuid4(), token="signed")


ODD = [
    httpx.Response(500),
    httpx.Response(401),
    httpx.Response(302, headers={"location": "http://elsewhere/"}),
    httpx.Response(200, text="no JSON"),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={"id": "not an id"}),
    httpx.Response(200, json=_answered(uuid4())),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", range(len(ODD)))
async def test_an_answer_that_tells_nothing_is_not_taken_for_absence(
    database: Database, kind: str, answer: int
) -> None:
    place = uuid4()
    async with looking(database, Archive(lambda _: ODD[answer])) as lookup:
        with pytest.raises(Unavailable) as refused:
            await getattr(lookup, kind)(place, token="signed")
    assert refused.value.code == "place_unknown_yet"
    assert refused.value.retry_after
    async with database.read() as reader:
        assert await KINDS[kind][1](reader, place) is None


async def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


async def _silent(request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError(request)


@pytest.mark.parametrize("handler", [_unreachable, _silent])
async def test_a_service_that_is_away_or_silent_is_not_waited_for(database: Database, handler: Any) -> None:
    async with looking(database, handler) as lookup:
        with pytest.raises(Unavailable):
            await lookup.distributor(uuid4(), token="signed")


async def test_an_event_that_arrived_meanwhile_is_not_overwritten(database: Database) -> None:
    place = uuid4()
    async with looking(database, Archive(lambda _: httpx.Response(200, json=_answered(place)))) as lookup:
        await asyncio.gather(
            lookup.distributor(place, token="signed"),
            hear(database, told(DistributorChanged, place, version=4, status="ended")),
        )
    async with database.read() as reader:
        assert await queries.distributor(reader, place) == Place(place, None, "ended", 4)


class Register:
    """A customer-svc that tells its trees in pages of two, and may be away for a while."""

    def __init__(self, trees: dict[str, list[dict[str, Any]]], *, away: int = 0) -> None:
        self._trees = trees
        self._away = away
        self.tokens: set[str] = set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.tokens.add(request.headers[HEADER])
        if self._away:
            self._away -= 1
            return httpx.Response(503)
        start = int(request.url.params.get("cursor", 0))
        rows = self._trees[request.url.path.rpartition("/")[2]]
        more = str(start + 2) if len(rows) > start + 2 else None
        return httpx.Response(200, json={"data": rows[start : start + 2], "page": {"next_cursor": more}})


@asynccontextmanager
async def surveying(database: Database, register: Register) -> AsyncIterator[None]:
    async def token_for(principal: Principal, service: str) -> str:
        return f"{principal.kind} {service} {sorted(principal.granted)}"

    client = httpx.AsyncClient(transport=httpx.MockTransport(register), base_url="http://customer-svc")
    worker = Worker(
        database,
        {"survey": Survey(Trees(client), token_for)},
        follower=OperationFollower(),
        poll_seconds=0.05,
        wait_after=lambda _attempts: timedelta(),
    )
    working = asyncio.create_task(worker.run())
    yield
    working.cancel()
    await asyncio.wait([working])
    await client.aclose()


@pytest.mark.parametrize("away", [0, 2])
async def test_a_survey_finds_what_no_event_told_of_and_takes_nothing_back(
    database: Database, away: int
) -> None:
    top, known, *others = (uuid4() for _ in range(5))
    trees = {
        "distributors": [_answered(each, parent_id=str(top)) for each in (top, known, *others)],
        "org-units": [_answered(top, parent_id=None, status="closed")],
    }
    trees["distributors"][0]["parent_id"] = None
    register = Register(trees, away=away)
    await hear(database, told(DistributorChanged, known, version=4, status="ended"))
    async with surveying(database, register):
        async with database.begin() as tx:
            job = await enqueue(tx, "survey", {})
        await eventually(lambda: _done(database, job))
    async with database.read() as reader:
        assert await queries.distributors_below(reader, top) == {top, *others}
        assert await queries.distributor(reader, known) == Place(known, None, "ended", 4)
        assert await queries.unit(reader, top) == Place(top, None, "closed", 3)
    assert register.tokens == {"service customer-svc ['distributors:read', 'org_units:read']"}


async def _done(database: Database, job: UUID) -> bool:
    async with database.read() as reader:
        state = await reader.connection.fetchval("SELECT state FROM job WHERE id = $1", job)
    return bool(state == "done")
