"""Marking items: read, unread, done, many at once; and what managers find in the boxes of their people."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from notify_svc.firing.clock import fire_until_quiet
from shared.db import Scope
from shared.events.gateway import StaffChanged
from shared.testing import staff

from .steps import fired, items, unread


async def test_an_item_goes_from_unread_to_read_to_done_and_back(world: Any) -> None:
    await fired(world, world.lin)
    [item] = await items(world, world.lin)
    path = f"/v1/inbox/{item['id']}"
    done = (await world.post(world.lin, f"{path}/done")).json()
    again = (await world.post(world.lin, f"{path}/done")).json()
    assert done["done_at"] == done["read_at"] == again["done_at"] is not None
    assert await unread(world, world.lin) == 0
    assert await items(world, world.lin, "?done=false") == []
    back = (await world.post(world.lin, f"{path}/unread")).json()
    assert (back["read_at"], back["done_at"]) == (None, None)
    assert await unread(world, world.lin) == 1
    reminder = (await world.get(world.lin, f"/v1/reminders/{item['reminder_id']}")).json()
    assert reminder["state"] == "due"


async def test_being_done_with_the_reminder_puts_its_items_away(world: Any) -> None:
    await fired(world, world.lin)
    [item] = await items(world, world.lin)
    await world.post(world.lin, f"/v1/reminders/{item['reminder_id']}/done", {})
    [after] = await items(world, world.lin, "?done=true")
    assert after["id"] == item["id"]
    assert await unread(world, world.lin) == 0


async def test_many_items_are_marked_in_one_go_and_each_is_answered(world: Any) -> None:
    await fired(world, world.lin, world.lin, world.lin, world.wang)
    mine, [foreign] = await items(world, world.lin), await items(world, world.wang)
    asked = [
        {"id": mine[0]["id"], "action": "done"},
        {"id": mine[1]["id"], "action": "read"},
        {"id": mine[2]["id"], "action": "done"},
        {"id": mine[2]["id"], "action": "unread"},
        {"id": foreign["id"], "action": "done"},
        {"id": "nonsense", "action": "done"},
        {"id": mine[0]["id"], "action": "burn"},
    ]
    answer = await world.post(world.lin, "/v1/inbox/batch", {"items": asked})
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [one["status"] for one in results] == [200, 200, 200, 200, 404, 422, 422]
    assert [one["index"] for one in results] == list(range(7))
    found = {one["id"]: one for one in await items(world, world.lin)}
    assert found[mine[0]["id"]]["done_at"]
    assert found[mine[1]["id"]]["read_at"]
    assert not found[mine[1]["id"]]["done_at"]
    assert not found[mine[2]["id"]]["read_at"]
    [still] = await items(world, world.wang)
    assert still["read_at"] is None


async def test_items_are_filtered_by_what_they_are_about(world: Any) -> None:
    customer = await world.customer()
    made = await world.reminder(world.lin, customer_id=str(customer))
    await world.make_late(made["id"], 1)
    await fire_until_quiet(world.database)
    await fired(world, world.lin)
    [by_customer] = await items(world, world.lin, f"?customer_id={customer}")
    [by_reminder] = await items(world, world.lin, f"?reminder_id={made['id']}&kind=reminder.due")
    assert by_customer["id"] == by_reminder["id"]
    assert await items(world, world.lin, "?created_at[lt]=2020-01-01T00:00:00Z") == []


async def works_in(world: Any, person: UUID, unit: UUID, version: int = 1) -> None:
    event = StaffChanged(
        subject=person,
        version=version,
        distributor_id=None,
        roles=("sales",),
        active=True,
        org_unit_id=unit,
        data_scope="own",
    )
    await world.hear(event)


async def test_who_leads_a_unit_finds_what_lies_in_the_boxes_of_its_people(world: Any) -> None:
    unit, elsewhere = uuid4(), uuid4()
    await works_in(world, world.lin.id, unit)
    await works_in(world, world.wang.id, elsewhere)
    await fired(world, world.lin, world.wang)
    lead = staff("manager")
    lead = replace(lead, unit=unit, scope=Scope(holders=frozenset((lead.id, unit))))
    [seen] = await items(world, lead, "?unit=true")
    assert seen["recipient_id"] == str(world.lin.id)
    assert len(await items(world, lead, f"?recipient_id={world.lin.id}")) == 1
    assert await items(world, lead, f"?recipient_id={world.wang.id}") == []
    await works_in(world, world.wang.id, unit, version=2)
    await works_in(world, world.wang.id, elsewhere, version=1)
    assert len(await items(world, lead, "?unit=true")) == 2


async def noted(world: Any, who: Any) -> list[tuple[str, list[str], list[str]]]:
    """What the audit has of somebody's reads of the inbox: the operation, the filters, about whom."""
    await world.service.journal.flush()
    rows = await world.sql(
        "SELECT action, filters, subjects FROM audit_entry WHERE actor_id = $1 AND kind = 'read' ORDER BY id",
        who.id,
    )
    return [(row["action"], list(row["filters"]), [str(one) for one in row["subjects"]]) for row in rows]


async def test_reading_the_boxes_of_others_is_noted_and_ones_own_is_not(world: Any) -> None:
    unit, customer = uuid4(), await world.customer()
    await works_in(world, world.lin.id, unit)
    made = await world.reminder(world.lin, customer_id=str(customer))
    await world.make_late(made["id"], 1)
    await fire_until_quiet(world.database)
    lead = staff("manager")
    lead = replace(lead, unit=unit, scope=Scope(holders=frozenset((lead.id, unit))))
    await items(world, world.lin)
    await items(world, world.lin, f"?recipient_id={world.lin.id}")
    await items(world, lead)
    [seen] = await items(world, lead, "?unit=true")
    await items(world, lead, f"?recipient_id={world.lin.id}&done=true")
    assert await noted(world, world.lin) == []
    lin = str(world.lin.id)
    assert await noted(world, lead) == [
        ("listInbox", ["unit"], [lin, seen["id"], str(customer)]),
        ("listInbox", ["done", "recipient_id"], [lin]),
    ]


async def test_ones_own_box_is_found_by_ones_own_id(world: Any) -> None:
    await fired(world, world.lin)
    assert len(await items(world, world.lin, f"?recipient_id={world.lin.id}")) == 1


@pytest.mark.parametrize("query", ["?unit=true", "?recipient_id={}"])
async def test_who_leads_nobody_finds_nothing_there(world: Any, query: Any) -> None:
    unit = uuid4()
    await works_in(world, world.lin.id, unit)
    await works_in(world, world.wang.id, unit)
    await fired(world, world.lin)
    colleague = replace(world.wang, unit=unit)
    assert await items(world, colleague, query.format(world.lin.id)) == []
