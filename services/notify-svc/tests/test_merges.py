"""Reminders of a merged customer are kept by the one that it is now."""

from typing import Any
from uuid import UUID

from notify_svc.firing.clock import fire_until_quiet
from shared.events.customer import CustomerMerged, CustomerUnmerged
from shared.references import CUSTOMER_EVENTS

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}


async def hear(world: Any, event: Any) -> None:
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[type(event)](tx, event)


async def ids(world: Any, customer: UUID) -> set[str]:
    answer = await world.get(world.manager, f"/v1/reminders?customer_id={customer}")
    return {row["id"] for row in answer.json()["data"]}


async def in_inbox(world: Any) -> set[str]:
    answer = await world.get(world.lin, "/v1/inbox")
    return {row["customer_id"] for row in answer.json()["data"]}


async def test_reminders_and_what_they_brought_go_along_and_find_home(world: Any) -> None:
    old, new = await world.customer(), await world.customer()
    soon = await world.reminder(world.lin, customer_id=str(old))
    await world.make_late(soon["id"], 1)
    await fire_until_quiet(world.database)
    assert await in_inbox(world) == {str(old)}
    await hear(world, CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **_STATE))
    later = await world.reminder(world.lin, customer_id=str(old))
    assert later["customer_id"] == str(new)
    await world.make_late(later["id"], 1)
    await fire_until_quiet(world.database)
    for asked in (old, new):
        assert await ids(world, asked) == {soon["id"], later["id"]}
    assert await in_inbox(world) == {str(new)}
    told = await world.sql("SELECT payload FROM outbox WHERE type = 'reminder.due.v1'")
    assert {row["payload"]["data"]["customer_id"] for row in told} == {str(old)}
    await hear(world, CustomerUnmerged(subject=old, version=3, status="active", **_STATE))
    assert await ids(world, old) == {soon["id"], later["id"]}
    assert await ids(world, new) == set()
    assert await in_inbox(world) == {str(old)}
