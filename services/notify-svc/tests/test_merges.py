"""Reminders of a merged customer are kept by the one that it is now."""

from typing import Any
from uuid import UUID

from notify_svc.firing.clock import fire_until_quiet
from shared.clock import new_id
from shared.events.customer import CustomerMerged, CustomerUnmerged
from shared.references import CUSTOMER_EVENTS, CustomerRef, apply
from shared.testing import partner

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


async def test_a_series_goes_along_with_what_it_makes(world: Any) -> None:
    old, new = await world.customer(), await world.customer()
    when = {"rrule": "FREQ=DAILY", "local_time": world.later(days=1)[:16], "timezone": "Asia/Shanghai"}
    first = await world.reminder(world.lin, customer_id=str(old), **when)
    await hear(world, CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **_STATE))
    path = f"/v1/reminder-series/{first['series_id']}"
    assert (await world.get(world.lin, path)).json()["customer_id"] == str(new)
    await world.delete(world.lin, f"/v1/reminders/{first['id']}")
    assert len(await ids(world, new)) == 2
    assert (await world.get(world.lin, f"/v1/reminder-series?customer_id={old}")).json()["data"]
    await hear(world, CustomerUnmerged(subject=old, version=3, status="active", **_STATE))
    assert len(await ids(world, old)) == 2
    assert (await world.get(world.lin, path)).json()["customer_id"] == str(old)


async def test_a_series_moves_with_its_customer_to_another_distributor(world: Any) -> None:
    distributor, customer = new_id(), await world.customer()
    when = {"rrule": "FREQ=DAILY", "local_time": world.later(days=1)[:16], "timezone": "Asia/Shanghai"}
    first = await world.reminder(world.lin, customer_id=str(customer), **when)
    moved = CustomerRef(customer, distributor, None, None, "active", None, None, 2)
    async with world.database.begin() as tx:
        await apply(tx, [moved])
    path = f"/v1/reminder-series/{first['series_id']}"
    assert (await world.get(world.lin, path)).json()["distributor_id"] == str(distributor)
    own = partner(distributor, "reminders:read", "reminders:all")
    foreign = partner(new_id(), "reminders:read", "reminders:all")
    assert (await world.get(own, path)).status_code == 200
    assert (await world.get(foreign, path)).status_code == 404
