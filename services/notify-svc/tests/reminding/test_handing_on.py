"""Handing on, silence that is told, and the history of it all."""

from typing import Any
from uuid import UUID

import pytest

from notify_svc.firing.clock import fire_until_quiet, look_after_overdue

from .steps import due, history, items, unread


async def silent(world: Any, reminder_id: str) -> None:
    await world.sql(
        "UPDATE reminder SET escalates_at = now() - interval '1 second'"
        " WHERE id = $1 AND escalates_at IS NOT NULL",
        UUID(reminder_id),
    )
    await look_after_overdue(world.database)


async def test_who_takes_it_over_is_told_and_it_leaves_the_box_of_who_had_it(world: Any) -> None:
    made = await due(world, world.lin)
    body = {"to_id": str(world.wang.id), "note": "下周出差"}
    answer = await world.post(world.lin, f"/v1/reminders/{made['id']}/delegate", body)
    assert (answer.status_code, answer.json()["assignee_id"]) == (200, str(world.wang.id))
    assert (answer.json()["state"], answer.json()["version"]) == ("due", 3)
    assert await unread(world, world.lin) == 0
    [item] = await items(world, world.wang)
    assert (item["kind"], item["reminder_id"], item["read_at"]) == ("reminder.delegated", made["id"], None)
    [step] = [one for one in await history(world, world.wang, made["id"]) if one["deed"] == "delegate"]
    assert (step["note"], step["from_id"], step["to_id"]) == (
        "下周出差",
        str(world.lin.id),
        str(world.wang.id),
    )
    assert step["by_id"] == str(world.lin.id)


async def test_what_is_not_due_yet_can_be_handed_on_and_rings_with_the_new_one(world: Any) -> None:
    made = await world.reminder(world.lin)
    await world.post(world.lin, f"/v1/reminders/{made['id']}/delegate", {"to_id": str(world.wang.id)})
    await world.make_late(made["id"], hours=0.1)
    await fire_until_quiet(world.database)
    assert [item["kind"] for item in await items(world, world.wang)] == ["reminder.due", "reminder.delegated"]
    assert await items(world, world.lin) == []


async def test_it_cannot_be_handed_on_to_who_has_it_nor_once_it_is_over(world: Any) -> None:
    made = await world.reminder(world.lin)
    path = f"/v1/reminders/{made['id']}"
    same = await world.post(world.lin, f"{path}/delegate", {"to_id": str(world.lin.id)})
    assert (same.status_code, same.json()["errors"][0]["code"]) == (422, "has_it_already")
    foreign = await world.post(world.wang, f"{path}/delegate", {"to_id": str(world.wang.id)})
    assert foreign.status_code == 404
    await world.post(world.lin, f"{path}/done", {})
    over = await world.post(world.lin, f"{path}/delegate", {"to_id": str(world.wang.id)})
    assert (over.status_code, over.json()["code"]) == (409, "reminder_closed")


async def test_silence_is_told_once_to_whom_it_shall_be_told(world: Any) -> None:
    wish = {"after_minutes": 30, "to_id": str(world.wang.id)}
    made = await due(world, world.lin, escalate=wish)
    assert made["escalate"] == wish
    await look_after_overdue(world.database)
    assert await items(world, world.wang) == []
    for _ in range(2):
        await silent(world, made["id"])
    [item] = await items(world, world.wang)
    assert (item["kind"], item["reminder_id"]) == ("reminder.escalated", made["id"])
    read = (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()
    assert (read["assignee_id"], read["state"]) == (str(world.lin.id), "due")
    assert read["escalated_at"]
    [step] = [one for one in await history(world, world.lin, made["id"]) if one["deed"] == "escalate"]
    assert (step["from_id"], step["to_id"]) == (str(world.lin.id), str(world.wang.id))
    await world.post(world.lin, f"/v1/reminders/{made['id']}/done", {})
    assert await unread(world, world.wang) == 0


async def test_silence_that_was_told_is_told_again_only_after_it_fired_again(world: Any) -> None:
    made = await due(world, world.lin, escalate={"after_minutes": 30})
    await silent(world, made["id"])
    path = f"/v1/reminders/{made['id']}"
    await world.patch(world.lin, path, {"note": "tomorrow"})
    [row] = await world.sql("SELECT escalates_at FROM reminder")
    assert row["escalates_at"] is None
    await world.post(world.lin, f"{path}/snooze", {"minutes": 5})
    await world.make_late(made["id"], hours=0.1)
    await fire_until_quiet(world.database)
    await silent(world, made["id"])
    rows = await world.sql("SELECT 1 FROM inbox_item WHERE kind = 'reminder.escalated'")
    assert len(rows) == 2


async def test_without_a_name_silence_is_told_to_the_queue_of_the_managers(world: Any) -> None:
    made = await due(world, world.lin, escalate={"after_minutes": 1})
    await silent(world, made["id"])
    [item] = await items(world, world.manager)
    assert (item["kind"], item["queue"]) == ("reminder.escalated", "unassigned")


@pytest.mark.parametrize("deed", ["snooze", "done", "delegate", "edit"])
async def test_whoever_touches_it_breaks_the_silence(world: Any, deed: Any) -> None:
    made = await due(world, world.lin, escalate={"after_minutes": 30})
    path = f"/v1/reminders/{made['id']}"
    await world.sql("UPDATE reminder SET escalates_at = now() - interval '1 second'")
    if deed == "edit":
        await world.patch(world.lin, path, {"note": "on it"})
    else:
        body = {"snooze": {"minutes": 5}, "delegate": {"to_id": str(world.wang.id)}}.get(deed, {})
        await world.post(world.lin, f"{path}/{deed}", body)
    await look_after_overdue(world.database)
    rows = await world.sql("SELECT kind FROM inbox_item WHERE kind = 'reminder.escalated'")
    assert rows == []
    [row] = await world.sql("SELECT escalates_at > now() AS later FROM reminder")
    assert row["later"] is (True if deed in ("delegate", "edit") else None)


async def test_the_history_tells_everything_in_order(world: Any) -> None:
    made = await due(world, world.lin)
    path = f"/v1/reminders/{made['id']}"
    await world.post(world.lin, f"{path}/snooze", {"minutes": 5})
    await world.post(world.lin, f"{path}/done", {})
    found = await history(world, world.lin, made["id"])
    assert [(one["deed"], one["from_state"], one["to_state"]) for one in found] == [
        ("create", None, "scheduled"),
        ("fire", "scheduled", "due"),
        ("snooze", "due", "scheduled"),
        ("finish", "scheduled", "done"),
    ]
    assert [one["by_id"] is None for one in found] == [False, True, False, False]
    assert (await world.get(world.wang, f"{path}/history")).status_code == 404
