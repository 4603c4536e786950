"""What staff see: what they hold, what their unit holds, or everything; the same in every service."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.composed import PASSWORD, Person, composed, signed_in
from tests.fuzz.operations import operations_of
from tests.fuzz.world import World

from scoring_svc.warnings.commands import Finding, warn
from shared.testing.talking import eventually
from tonglu_local.postgres import EmbeddedPostgres
from tonglu_local.system import System

SEEN = {
    "anna": {"of anna"},
    "ben": {"of ben"},
    "boss": {"of anna", "of ben"},
    "west": {"of west"},
    "chief": {"of anna", "of ben", "of west", "of nobody"},
}
"""Whose customers each person sees: anna and ben have the scope own, boss and west unit, chief all."""
UNITS = {"anna": "shanghai", "ben": "shanghai", "boss": "east", "west": "west", "chief": "west"}
SCOPES = {"anna": "own", "ben": "own", "boss": "unit", "west": "unit", "chief": "all"}
LISTS = {
    "/v1/customers": "customer",
    "/v1/orders": "order",
    "/v1/interactions": "interaction",
    "/v1/complaints": "complaint",
    "/v1/promises": "promise",
    "/v1/visits": "visit",
    "/v1/visit-series": "series",
    "/v1/service-records": "service",
    "/v1/reminders": "reminder",
    "/v1/reminder-series": "reminder series",
    "/v1/messages": "message",
    "/v1/churn-warnings": "warning",
    "/v1/scores": "score",
}
Records = dict[str, dict[str, str]]
"""By list and customer: the id of the record."""


@pytest.fixture(scope="module")
async def system(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    async with composed(postgres_server, "staffsight", tmp_path_factory.mktemp("staffsight")) as system:
        yield system


@pytest.fixture(scope="module")
async def world(system: System) -> World:
    admin = await signed_in(system.front)
    world = World(system, admin, (await admin("GET", "/v1/auth/me")).json()["id"])
    world.learn(operations_of((await admin("GET", "/openapi.json")).json()))
    return world


@pytest.fixture(scope="module")
async def ids(world: World) -> dict[str, str]:
    """Each person's id; they work in a tree of three units."""
    units: dict[str, str] = {}
    for name, parent in {"east": None, "shanghai": "east", "west": None}.items():
        body = {"code": name, "name": name, "kind": "region", "parent_id": units.get(parent or "")}
        units[name] = (await world.admin.made("/v1/org-units", body))["id"]
    found = {}
    for name, unit in UNITS.items():
        body = {
            "username": name,
            "display_name": name,
            "password": PASSWORD,
            "roles": ["manager"],
            "org_unit_id": units[unit],
            "data_scope": SCOPES[name],
        }
        found[name] = str((await world.admin.made("/v1/staff", body))["id"])
    return found


@pytest.fixture(scope="module")
async def people(world: World, ids: dict[str, str]) -> dict[str, Person]:
    return {name: await signed_in(world.admin.front, name) for name in ids}


@pytest.fixture(scope="module")
async def records(world: World, ids: dict[str, str]) -> Records:
    """One record of each kind for each customer."""
    found: Records = {path: {} for path in LISTS}
    for whose in sorted(SEEN["chief"]):
        owner = ids.get(whose.removeprefix("of "))
        customer = await world.customer(**({"owner_id": owner} if owner else {}))
        for path, record in (await _of_customer(world, customer)).items():
            found[path][whose] = record
    await _score(world, found["/v1/scores"].values())
    return found


async def _of_customer(world: World, customer: str) -> dict[str, str]:
    about = {"customer_id": customer}
    order = await world.admin.made("/v1/orders", await world.order_fields(customer))
    called = {"channel": "call", "direction": "inbound", "occurred_at": "2026-01-05T09:00:00Z"}
    late = (datetime.now(UTC) + timedelta(days=200)).isoformat()[:16]  # its visits are made nearer to it
    bodies = {
        "/v1/interactions": {**about, **called, "summary": "asked for prices"},
        "/v1/complaints": {**about, "channel": "call", "category": "delivery", "subject": "late"},
        "/v1/promises": {**about, "content": "call them", "due_at": "2036-01-05T09:00:00Z"},
        "/v1/service-records": {**about, "content": "it leaks", "process_id": await world.process()},
        "/v1/visits": await world.for_createVisit(customer),
        "/v1/visit-series": {**await world.for_createVisitSeries(customer), "starts_on_local": late},
    }
    made = {path: str((await world.admin.made(path, body))["id"]) for path, body in bodies.items()}
    warning = await _warning(world, UUID(customer))
    weekly = {"rrule": "FREQ=WEEKLY", "local_time": late, "timezone": "Asia/Shanghai"}
    reminder = await world.admin.made("/v1/reminders", {**about, **weekly, "subject": "call them"})
    return made | {
        "/v1/reminders": reminder["id"],
        "/v1/reminder-series": reminder["series_id"],
        "/v1/messages": await world.message(customer),
        "/v1/customers": customer,
        "/v1/scores": customer,
        "/v1/orders": order["id"],
        "/v1/churn-warnings": warning,
    }


async def _warning(world: World, customer: UUID) -> str:
    """As the scorer opens it, with the owner that scoring-svc knows by then."""
    database = world.database("scoring-svc")

    async def known() -> bool:
        async with database.begin() as tx:
            return bool(await tx.connection.fetchval("SELECT true FROM customer_ref WHERE id = $1", customer))

    await eventually(known)
    async with database.begin() as tx:
        owner = await tx.connection.fetchval("SELECT owner_id FROM customer_ref WHERE id = $1", customer)
        finding = Finding(
            customer_id=customer,
            distributor_id=None,
            owner_id=owner,
            level="high",
            probability=0.9,
            expected_value_minor=1000,
            contributed_52_minor=2000,
            currency="CNY",
            reasons=[],
            recommended_action={"code": "call_customer", "text_en": "Call.", "text_zh": "致电"},
        )
        return str(await warn(tx, finding))


async def _score(world: World, customers: Any) -> None:
    async def scored() -> bool:
        operation = await world.operation()

        async def finished() -> bool:
            seen = (await world.admin("GET", f"/v1/operations/{operation}")).json()
            return seen["finished_at"] is not None

        await eventually(finished, seconds=30)
        answers = [await world.admin("GET", f"/v1/scores/{customer}") for customer in customers]
        return all(answer.status == 200 for answer in answers)

    await eventually(scored, seconds=60)


async def shown(person: Person, path: str, of: dict[str, str]) -> tuple[set[str], int]:
    """Whose records the list shows (`?` for one that nobody made here), and how many it counts."""
    names = {record: whose for whose, record in of.items()}
    written = {"source": "manual"} if path == "/v1/reminders" else {}
    answer = await person("GET", path, count="exact", limit=200, **written)
    assert answer.status == 200, answer.body
    page = answer.json()
    key = "customer_id" if path == "/v1/scores" else "id"
    return {names.get(row[key], "?") for row in page["data"]}, page["page"]["total"]


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.parametrize("path", LISTS)
async def test_lists_show_and_count_what_is_held(
    path: str, name: str, people: dict[str, Person], records: Records
) -> None:
    assert await shown(people[name], path, records[path]) == (SEEN[name], len(SEEN[name]))


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.parametrize("path", LISTS)
async def test_a_record_is_read_by_who_sees_it_and_is_not_there_for_others(
    path: str, name: str, people: dict[str, Person], records: Records
) -> None:
    read = {
        whose for whose, record in records[path].items() if await _reads(people[name], f"{path}/{record}")
    }
    assert read == SEEN[name]


async def _reads(person: Person, path: str) -> bool:
    answer = await person("GET", path)
    assert answer.status in {200, 404}, answer.body
    return answer.status == 200


@pytest.fixture(scope="module")
async def cared(world: World, records: Records) -> dict[str, str]:
    """By customer the row that tells of its greeting."""
    async with world.database("notify-svc").begin() as tx:
        return {
            whose: str(
                await tx.connection.fetchval(
                    'INSERT INTO care_occasion (id, rule_id, occasion, year, "on", person_kind, person_id, '
                    "customer_id, action, state, created_at) VALUES (gen_random_uuid(), $1, 'birthday', 2026,"
                    " now(), 'customer', $1, $1, 'message', 'done', now()) RETURNING id",
                    UUID(customer),
                )
            )
            for whose, customer in records["/v1/customers"].items()
        }


@pytest.mark.parametrize("name", SEEN)
async def test_care_is_told_of_what_is_held(
    name: str, people: dict[str, Person], cared: dict[str, str]
) -> None:
    assert await shown(people[name], "/v1/care-occasions", cared) == (SEEN[name], len(SEEN[name]))


@pytest.mark.parametrize("name", SEEN)
async def test_sums_are_of_what_is_seen(name: str, people: dict[str, Person], records: Records) -> None:
    assert records
    insight = (await people[name]("GET", "/v1/insights/tiers")).json()
    assert insight["customers"] == len(SEEN[name])


@pytest.mark.parametrize("name", SEEN)
async def test_a_profile_and_a_timeline_are_of_what_is_seen(
    name: str, people: dict[str, Person], records: Records
) -> None:
    for whose, customer in records["/v1/customers"].items():
        seen = whose in SEEN[name]
        for part in ("profile", "timeline", "history", "orders", "orders/summary", "contacts"):
            assert await _reads(people[name], f"/v1/customers/{customer}/{part}") == seen, part


async def test_who_is_given_a_matter_sees_it_without_its_customer(
    world: World, people: dict[str, Person], ids: dict[str, str]
) -> None:
    customer = await world.customer(owner_id=ids["anna"])
    about = {"customer_id": customer}
    complaint = {**about, "channel": "call", "category": "delivery", "subject": "late"}
    due = {"due_at": "2036-01-05T09:00:00Z"}
    reminder = {**about, **due, "subject": "call them", "assignee_id": ids["west"]}
    given = {
        "/v1/complaints": (await world.admin.made("/v1/complaints", complaint))["id"],
        "/v1/reminders": (await world.admin.made("/v1/reminders", reminder))["id"],
    }
    await world.admin.made(f"/v1/complaints/{given['/v1/complaints']}/assign", {"owner_id": ids["west"]})
    for path, made in given.items():
        assert await _reads(people["west"], f"{path}/{made}"), path
        assert made in [row["id"] for row in (await people["west"]("GET", path)).json()["data"]], path
        assert not await _reads(people["ben"], f"{path}/{made}"), path
    assert not await _reads(people["west"], f"/v1/customers/{customer}")


async def test_a_customer_that_changes_hands_takes_everything_along(
    world: World, people: dict[str, Person], ids: dict[str, str]
) -> None:
    customer = await world.customer(owner_id=ids["anna"])
    of_customer = await _of_customer(world, customer)
    del of_customer["/v1/scores"]
    assert [await _reads(people["anna"], f"{path}/{record}") for path, record in of_customer.items()]
    await world.admin.made(f"/v1/customers/{customer}/assign", {"owner_id": ids["west"]})

    async def moved() -> bool:
        paths = [f"{path}/{record}" for path, record in of_customer.items()]
        theirs = [await _reads(people["west"], path) for path in paths]
        still = [await _reads(people["anna"], path) for path in paths]
        return all(theirs) and not any(still)

    await eventually(moved, seconds=10)
