"""Visits and their series go where their customer goes: to another distributor, into another customer."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from interaction_svc.visit_series.commands import MAKING
from shared.clock import new_id
from shared.events.customer import CustomerAssigned, CustomerMerged, CustomerUnmerged
from shared.references import CUSTOMER_EVENTS

STATE: dict[str, Any] = {"owner_id": None, "org_unit_id": None, "channel": None}


async def hear(world: Any, event: Any) -> None:
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[type(event)](tx, event)


async def move(world: Any, customer: str, to: UUID | None, version: int) -> None:
    told = {**STATE, "status": "active", "distributor_id": to}
    await hear(world, CustomerAssigned(subject=UUID(customer), version=version, **told))


async def merge(world: Any, customer: str, into: str) -> None:
    told = {**STATE, "status": "merged", "distributor_id": None, "merged_into": UUID(into)}
    await hear(world, CustomerMerged(subject=UUID(customer), version=2, **told))


async def unmerge(world: Any, customer: str) -> None:
    told = {**STATE, "status": "active", "distributor_id": None}
    await hear(world, CustomerUnmerged(subject=UUID(customer), version=3, **told))


async def series(world: Any, customer: str) -> dict[str, Any]:
    plan = world.visit_body(customer)
    body = {name: plan[name] for name in ("customer_id", "timezone", "purpose")}
    when = {"rrule": "FREQ=DAILY", "starts_on_local": world.when(days=10)[:16], "duration_minutes": 30}
    answer = await world.post("/v1/visit-series", {**body, **when})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def owners(world: Any) -> set[tuple[Any, Any]]:
    """Whose the rows of all three tables are, customer and distributor."""
    found = set()
    for table in ("visit", "visit_step", "visit_series"):
        found |= {
            (str(row["customer_id"]), row["distributor_id"])
            for row in await world.sql(f"SELECT DISTINCT customer_id, distributor_id FROM {table}")
        }
    return found


async def test_visits_move_with_their_customer_to_another_distributor(world: Any) -> None:
    here, there = new_id(), new_id()
    customer = await world.customer(here)
    await series(world, customer)
    made = await world.visit(customer)
    await move(world, customer, there, 2)
    assert await owners(world) == {(customer, there)}
    assert (await world.get(f"/v1/visits/{made['id']}", world.partner(here))).status_code == 404
    assert (await world.get(f"/v1/visits/{made['id']}", world.partner(there))).status_code == 200
    history = await world.get(f"/v1/visits/{made['id']}/history", world.partner(there))
    assert len(history.json()["data"]) == 1


async def test_visits_are_kept_by_the_merged_customer_until_that_is_undone(world: Any) -> None:
    old, new = await world.customer(), await world.customer()
    begun, made = await series(world, old), await world.visit(old)
    await merge(world, old, new)
    assert await owners(world) == {(new, None)}
    late = await world.visit(old)
    assert late["customer_id"] == new
    for asked in (old, new):
        page = (await world.get(f"/v1/visits?customer_id={asked}&limit=200")).json()
        assert len(page["data"]) == 92
    await world.sql("DELETE FROM visit WHERE series_id IS NOT NULL")
    await world.sql("UPDATE visit_series SET made_until = now()")
    await world.swept(MAKING)
    done = (await world.post(f"/v1/visits/{made['id']}/report", {"summary": "x"})).json()
    assert done["customer_id"] == new
    assert {event["data"]["customer_id"] for event in await world.events()} == {old}
    await unmerge(world, old)
    assert await owners(world) == {(old, None)}
    talk = (await world.get(f"/v1/interactions/{done['interaction_id']}")).json()
    assert talk["customer_id"] == old
    assert (await world.get(f"/v1/visit-series/{begun['id']}")).json()["customer_id"] == old


async def test_a_customer_moves_while_its_visits_are_reported_and_its_series_is_changed(world: Any) -> None:
    customer = await world.customer()
    begun = await series(world, customer)
    made = [await world.visit(customer) for _ in range(8)]

    async def moving() -> None:
        for version in range(2, 12):
            await move(world, customer, uuid4(), version)

    async def changing() -> list[int]:
        path = f"/v1/visit-series/{begun['id']}"
        return [(await world.patch(path, {"purpose": f"{n}"})).status_code for n in range(3)]

    reports = (world.post(f"/v1/visits/{one['id']}/report", {"summary": "x"}) for one in made)
    _, changed, *answers = await asyncio.gather(moving(), changing(), *reports)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert changed == [200] * 3
    assert len(await owners(world)) == 1
