"""Calendars through the API: hours of the week, holidays, days set by hand, deadlines."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from shared.testing import staff

OFFICE = ["09:00-12:00", "13:30-18:00"]
SHANGHAI: dict[str, Any] = {
    "name": "上海客服",
    "timezone": "Asia/Shanghai",
    "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE),
    "country": "CN",
}
MANAGER = staff("manager")


@pytest.fixture
async def calendar(world: Any) -> dict[str, Any]:
    answer = await world.post("/v1/calendars", SHANGHAI, MANAGER)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    read = await world.get(answer.headers["location"])
    assert read.json() == made
    assert read.headers["etag"] == answer.headers["etag"] == '"v1"'
    return made


@pytest.fixture(autouse=True)
async def at_rest(world: Any) -> AsyncIterator[None]:
    """What the worker does about a changed calendar is over before everything is deleted."""
    yield
    await world.counted()


async def day(world: Any, calendar: dict[str, Any], wanted: str) -> dict[str, Any]:
    path = f"/v1/calendars/{calendar['id']}/days?since={wanted}&until={wanted}"
    (found,) = (await world.get(path)).json()["data"]
    return dict(found)


async def due(world: Any, calendar: dict[str, Any], start: str, minutes: int) -> Any:
    path = f"/v1/calendars/{calendar['id']}/deadline"
    async with world.client() as client:
        answer = await client.get(path, params={"start": start, "minutes": minutes})
    assert answer.status_code == 200, answer.text
    return answer.json()["due_at"]


def refusal(answer: Any) -> tuple[int, str, list[tuple[str, str]]]:
    problem = answer.json()
    found = [(error["pointer"], error["code"]) for error in problem.get("errors", [])]
    return answer.status_code, problem["code"], found


async def test_the_week_holidays_and_make_up_days_say_what_is_worked(world: Any, calendar: Any) -> None:
    path = f"/v1/calendars/{calendar['id']}/days?since=2026-02-13&until=2026-02-17"
    found = (await world.get(path)).json()["data"]
    assert [(one["day"][-2:], one["source"], one["spans"]) for one in found] == [
        ("13", "week", OFFICE),
        ("14", "makeup", OFFICE),
        ("15", "week", []),
        ("16", "holiday", []),
        ("17", "holiday", []),
    ]
    assert found[-1]["name"]


async def test_a_deadline_waits_for_the_festival_to_end(world: Any, calendar: Any) -> None:
    # Friday the 13th, 16:00 in Shanghai: two hours are left, seven and a half on Saturday, which is made up.
    start = "2026-02-13T16:00:00+08:00"
    assert await due(world, calendar, start, 120) == "2026-02-13T10:00:00Z"
    assert await due(world, calendar, start, 120 + 450) == "2026-02-14T10:00:00Z"
    assert await due(world, calendar, start, 120 + 450 + 60) == "2026-02-24T02:00:00Z"
    assert await due(world, calendar, start, 0) == "2026-02-13T08:00:00Z"


async def test_a_day_is_set_by_hand_and_unset(world: Any, calendar: Any) -> None:
    path = f"/v1/calendars/{calendar['id']}/days/2026-02-17"
    duty = {"spans": ["10:00-12:00"], "name": "春节值班"}
    async with world.client(MANAGER) as client:
        for _ in range(2):
            answer = await client.put(path, json=duty)
            assert answer.json() == {"day": "2026-02-17", **duty, "source": "own"}
        assert await day(world, calendar, "2026-02-17") == answer.json()
        assert await due(world, calendar, "2026-02-14T18:00:00+08:00", 60) == "2026-02-17T03:00:00Z"
        assert (await client.delete(path)).status_code == 204
        assert (await client.delete(path)).status_code == 204
    assert (await day(world, calendar, "2026-02-17"))["source"] == "holiday"
    assert (await world.get(f"/v1/calendars/{calendar['id']}")).json()["version"] == 4


async def test_a_calendar_is_changed_and_removed(world: Any, calendar: Any) -> None:
    path = f"/v1/calendars/{calendar['id']}"
    changed = await world.patch(path, {"week": {"sat": ["00:00-24:00"]}, "country": None}, MANAGER)
    week = changed.json()["week"]
    assert week.pop("sat") == ["00:00-24:00"]
    assert not any(week.values())
    assert (await day(world, calendar, "2026-02-17"))["source"] == "week"
    stale = await world.patch(path, {"name": "x"}, MANAGER, **{"If-Match": '"v1"'})
    assert stale.status_code == 412
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 204
        assert (await client.delete(path)).status_code == 404
        assert (await client.put(f"{path}/days/2026-02-17", json={"spans": []})).status_code == 404


async def test_an_org_unit_has_one_calendar(world: Any, calendar: Any) -> None:
    assert refusal(await world.post("/v1/calendars", SHANGHAI, MANAGER))[:2] == (409, "calendar_exists")
    unit = str(uuid4())
    own = await world.post("/v1/calendars", {**SHANGHAI, "name": "北京", "org_unit_id": unit}, MANAGER)
    assert own.status_code == 201
    listed = (await world.get(f"/v1/calendars?org_unit_id={unit}")).json()["data"]
    assert listed == [own.json()]
    assert len((await world.get("/v1/calendars")).json()["data"]) == 2


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone", "zone_unknown"),
        ({"country": "XX"}, "/country", "place_unknown"),
        ({"country": "CN", "subdivision": "ZZZ"}, "/subdivision", "place_unknown"),
        ({"country": None, "subdivision": "ENG"}, "/country", "required"),
        ({"week": {}}, "/week", "week_empty"),
        ({"week": {"mon": []}}, "/week", "week_empty"),
        ({"week": {"mon": ["18:00-09:00"]}}, "/week/mon", "spans_out_of_order"),
        ({"week": {"mon": ["09:00-09:00"]}}, "/week/mon", "spans_out_of_order"),
        ({"week": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "/week/mon", "spans_out_of_order"),
        ({"week": {"mon": ["9:00-12:00"]}}, "/week/mon/0", "wrong_form"),
        ({"week": {"mon": ["09:00-24:30"]}}, "/week/mon/0", "wrong_form"),
        ({"week": {"monday": OFFICE}}, "/week/monday", "unknown_field"),
    ],
)
async def test_wrong_calendars_are_refused_with_a_pointer(
    world: Any, wrong: Any, pointer: str, code: str
) -> None:
    answer = await world.post("/v1/calendars", {**SHANGHAI, **wrong}, MANAGER)
    status, _, errors = refusal(answer)
    assert (status, errors) == (422, [(pointer, code)])


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-02-02&until=2026-02-01",
        "since=2026-01-01&until=2027-01-02",
        "since=1999-01-01&until=1999-01-02",
    ],
)
async def test_periods_are_a_year_at_most(world: Any, calendar: Any, query: str) -> None:
    assert (await world.get(f"/v1/calendars/{calendar['id']}/days?{query}")).status_code == 422


async def test_who_may_not_change_rules_reads_them(world: Any, calendar: Any) -> None:
    assert (await world.post("/v1/calendars", SHANGHAI, world.wang)).status_code == 403
    assert (await world.get(f"/v1/calendars/{calendar['id']}", world.analyst)).status_code == 200
    assert (await world.get("/v1/calendars", world.partner(uuid4()))).status_code == 403
