"""Series of reminders: the next one is there when the one before is over, once, by the wall clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from notify_svc.firing.clock import fire_until_quiet

SHANGHAI = ZoneInfo("Asia/Shanghai")


def wall(world: Any, **delta: float) -> str:
    """What the clock in Shanghai shows so long from now, to the minute."""
    shown = world.database.now().astimezone(SHANGHAI) + timedelta(**delta)
    return str(shown.replace(tzinfo=None, second=0, microsecond=0).isoformat())


async def begun(world: Any, who: Any = None, **given: Any) -> dict[str, Any]:
    body = {
        "subject": "Weekly call",
        "rrule": "FREQ=DAILY",
        "local_time": wall(world, days=1),
        "timezone": "Asia/Shanghai",
        **given,
    }
    answer = await world.post(who or world.lin, "/v1/reminders", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def of_series(world: Any, series_id: str) -> list[dict[str, Any]]:
    answer = await world.get(world.manager, f"/v1/reminders?series_id={series_id}&sort=created_at")
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def states(world: Any, series_id: str) -> list[tuple[str, str]]:
    return [(each["local_time"], each["state"]) for each in await of_series(world, series_id)]


async def make_due(world: Any, reminder_id: str, hours: float = 0.1) -> None:
    await world.make_late(reminder_id, hours=hours)
    await fire_until_quiet(world.database)


def day_after(local: str, days: int = 1) -> str:
    return (datetime.fromisoformat(local) + timedelta(days=days)).isoformat()


async def test_a_rule_makes_its_first_reminder_at_once_and_the_next_when_it_fires(world: Any) -> None:
    first = await begun(world)
    start = first["local_time"]
    assert first["due_at"] == (
        datetime.fromisoformat(start)
        .replace(tzinfo=SHANGHAI)
        .astimezone(UTC)
        .isoformat()
        .replace("+00:00", "Z")
    )
    assert await states(world, first["series_id"]) == [(start, "scheduled")]
    await make_due(world, first["id"])
    assert await states(world, first["series_id"]) == [(start, "due"), (day_after(start), "scheduled")]
    [item] = (await world.get(world.lin, "/v1/inbox")).json()["data"]
    assert item["reminder_id"] == first["id"]


@pytest.mark.parametrize("way", ["missed", "cancelled", "done"])
async def test_the_next_one_is_made_however_the_one_before_is_over(world: Any, way: Any) -> None:
    first = await begun(world)
    if way == "missed":
        await make_due(world, first["id"], hours=25)
    elif way == "cancelled":
        assert (await world.delete(world.lin, f"/v1/reminders/{first['id']}")).status_code == 204
    else:
        await world.post(world.lin, f"/v1/reminders/{first['id']}/done", {})
    start = first["local_time"]
    assert await states(world, first["series_id"]) == [(start, way), (day_after(start), "scheduled")]


async def test_what_is_due_and_then_done_makes_no_second_one(world: Any) -> None:
    first = await begun(world)
    await make_due(world, first["id"])
    await world.post(world.lin, f"/v1/reminders/{first['id']}/snooze", {"minutes": 5})
    await make_due(world, first["id"])
    await world.post(world.lin, f"/v1/reminders/{first['id']}/done", {})
    assert [state for _, state in await states(world, first["series_id"])] == ["done", "scheduled"]


async def test_many_workers_make_each_next_one_once(world: Any) -> None:
    made = [await begun(world) for _ in range(20)]
    await world.sql("UPDATE reminder SET due_at = now()")
    await asyncio.gather(*(fire_until_quiet(world.database) for _ in range(4)))
    for each in made:
        assert [state for _, state in await states(world, each["series_id"])] == ["due", "scheduled"]


async def test_after_an_outage_of_days_each_time_is_missed_and_told_and_the_last_day_still_fires(
    world: Any,
) -> None:
    first = await begun(world, rrule="FREQ=DAILY;COUNT=5")
    back = "- interval '100 hours'"
    await world.sql(
        f"UPDATE reminder SET due_at = due_at {back}, local_time = local_time {back},"
        f" occurs_at_local = occurs_at_local {back}"
    )
    await world.sql(f"UPDATE reminder_series SET local_time = local_time {back}")
    await fire_until_quiet(world.database)
    found = [state for _, state in await states(world, first["series_id"])]
    assert found == ["missed", "missed", "missed", "due", "scheduled"]
    kinds = [item["kind"] for item in (await world.get(world.lin, "/v1/inbox")).json()["data"]]
    assert sorted(kinds) == ["reminder.due", *["reminder.missed"] * 3]


async def test_a_series_that_names_no_day_any_more_has_ended(world: Any) -> None:
    first = await begun(world, rrule="FREQ=DAILY;COUNT=1")
    await make_due(world, first["id"])
    assert [state for _, state in await states(world, first["series_id"])] == ["due"]
    series = (await world.get(world.lin, f"/v1/reminder-series/{first['series_id']}")).json()
    assert (series["status"], series["ended_by"], series["version"]) == ("ended", None, 2)


async def test_the_last_day_of_a_month_is_kept_from_a_start_on_the_31st(world: Any) -> None:
    year = world.database.now().year + 1
    first = await begun(world, rrule="FREQ=MONTHLY", local_time=f"{year}-01-31T09:00:00")
    for _ in range(3):
        newest = (await of_series(world, first["series_id"]))[-1]
        await world.delete(world.lin, f"/v1/reminders/{newest['id']}")
    days = [each["local_time"][5:10] for each in await of_series(world, first["series_id"])]
    last = 29 if year % 4 == 0 else 28
    assert days == ["01-31", f"02-{last}", "03-31", "04-30"]


async def test_ending_a_series_cancels_the_next_and_leaves_what_is_due(world: Any) -> None:
    first = await begun(world)
    await make_due(world, first["id"])
    path = f"/v1/reminder-series/{first['series_id']}"
    ended = await world.post(world.lin, f"{path}/end")
    assert (ended.status_code, ended.json()["status"]) == (200, "ended")
    assert [state for _, state in await states(world, first["series_id"])] == ["due", "cancelled"]
    again = await world.post(world.lin, f"{path}/end")
    assert (again.status_code, again.json()["code"]) == (409, "series_ended")
    assert (await world.patch(world.lin, path, {"subject": "x"})).status_code == 409


async def test_another_subject_changes_the_next_one_only(world: Any) -> None:
    first = await begun(world)
    await make_due(world, first["id"])
    path = f"/v1/reminder-series/{first['series_id']}"
    changed = await world.patch(
        world.lin, path, {"subject": "Other", "escalate": {"after_minutes": 5}}, **{"If-Match": '"v1"'}
    )
    assert changed.status_code == 200
    assert changed.json()["escalate"] == {"after_minutes": 5, "to_id": None}
    found = await of_series(world, first["series_id"])
    assert [each["subject"] for each in found] == ["Weekly call", "Other"]
    stale = await world.patch(world.lin, path, {"subject": "Late"}, **{"If-Match": '"v1"'})
    assert stale.status_code == 412


async def test_another_rule_moves_the_next_one_and_a_time_that_was_cancelled_stays_so(world: Any) -> None:
    first = await begun(world)
    start = first["local_time"]
    await world.delete(world.lin, f"/v1/reminders/{first['id']}")
    path = f"/v1/reminder-series/{first['series_id']}"
    changed = await world.patch(world.lin, path, {"rrule": "FREQ=DAILY;INTERVAL=3"})
    assert changed.status_code == 200, changed.text
    assert await states(world, first["series_id"]) == [
        (start, "cancelled"),
        (day_after(start, 3), "scheduled"),
    ]
    back = await world.patch(world.lin, path, {"rrule": "FREQ=DAILY"})
    assert back.status_code == 200
    assert await states(world, first["series_id"]) == [
        (start, "cancelled"),
        (day_after(start), "scheduled"),
    ]


async def test_what_somebody_moved_stays_when_the_rule_changes(world: Any) -> None:
    first = await begun(world)
    moved = world.later(days=30)
    await world.patch(world.lin, f"/v1/reminders/{first['id']}", {"due_at": moved})
    await world.patch(world.lin, f"/v1/reminder-series/{first['series_id']}", {"rrule": "FREQ=WEEKLY"})
    found = await of_series(world, first["series_id"])
    assert len(found) == 2
    assert datetime.fromisoformat(found[0]["due_at"]) == datetime.fromisoformat(moved)


@pytest.mark.parametrize(
    ("given", "pointer", "code"),
    [
        ({"rrule": "FREQ=SECONDLY"}, "/rrule", "rrule_not_allowed"),
        ({"rrule": "FREQ=DAILY;COUNT=99999"}, "/rrule", "rrule_too_long"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYDAY=5MO;BYMONTHDAY=1"}, "/rrule", "rrule_empty"),
        ({"rrule": "nonsense"}, "/rrule", "rrule_not_allowed"),
        ({"rrule": "FREQ=DAILY;BYDAY=" + "MO," * 200 + "MO"}, "/rrule", "too_long"),
        ({"timezone": "Mars/Olympus"}, "/timezone", "unknown_zone"),
        ({"timezone": None}, "/timezone", "required"),
        ({"local_time": None}, "/local_time", "required"),
        ({"local_time": "1999-01-01T09:00"}, "/local_time", "too_far_away"),
        ({"local_time": "9999-01-01T09:00"}, "/local_time", "too_far_away"),
        ({"due_at": "2099-01-01T00:00:00Z"}, "/rrule", "due_at_or_local_time"),
        ({"rrule": "FREQ=DAILY;UNTIL=20200101"}, "/rrule", "rrule_empty"),
    ],
)
async def test_a_rule_or_a_start_out_of_bounds_is_refused_when_it_is_written(
    world: Any, given: Any, pointer: Any, code: Any
) -> None:
    body = {
        "subject": "x",
        "rrule": "FREQ=DAILY",
        "local_time": wall(world, days=1),
        "timezone": "Asia/Shanghai",
        **given,
    }
    answer = await world.post(world.lin, "/v1/reminders", body)
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert await world.sql("SELECT 1 FROM reminder_series") == []


async def test_a_series_is_seen_by_its_people_and_nobody_else(world: Any) -> None:
    first = await begun(world, assignee_id=str(world.wang.id))
    path = f"/v1/reminder-series/{first['series_id']}"
    for who in (world.lin, world.wang, world.manager):
        assert (await world.get(who, path)).status_code == 200
        assert len((await world.get(who, "/v1/reminder-series?ended=false")).json()["data"]) == 1
    other = type(world.lin)(**{**_fields(world.lin), "id": uuid4()})
    for method, tail in (("GET", ""), ("PATCH", ""), ("POST", "/end")):
        async with world.client(other) as client:
            answer = await client.request(method, path + tail, json={} if method == "PATCH" else None)
        assert answer.status_code == 404, (method, tail)
    assert (await world.get(other, "/v1/reminder-series")).json()["data"] == []


def _fields(person: Any) -> dict[str, Any]:
    return {"kind": person.kind, "id": person.id, "roles": person.roles, "scope": person.scope}


async def test_the_assignee_is_done_with_one_of_a_series_that_is_somebody_elses(world: Any) -> None:
    first = await begun(world, world.manager, assignee_id=str(world.wang.id))
    await make_due(world, first["id"])
    await world.post(world.wang, f"/v1/reminders/{first['id']}/done", {})
    [_, following] = await of_series(world, first["series_id"])
    assert (following["assignee_id"], following["created_by"]) == (str(world.wang.id), str(world.manager.id))
    assert UUID(following["id"])
