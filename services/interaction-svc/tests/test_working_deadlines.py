"""Deadlines of complaints are counted in the working time of the company's calendar."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from interaction_svc.calendars.queries import by_org_unit
from interaction_svc.calendars.working import WorkingTime
from interaction_svc.calendars.written import hours_from
from interaction_svc.complaints.tables import Complaint
from interaction_svc.sla.clock import WALL, clock_of
from shared.testing import staff

OFFICE = ["09:00-12:00", "13:30-18:00"]
SHANGHAI: dict[str, Any] = {
    "name": "上海客服",
    "timezone": "Asia/Shanghai",
    "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE),
    "country": "CN",
}
MANAGER = staff("manager")


async def created(world: Any, **fields: Any) -> dict[str, Any]:
    answer = await world.post("/v1/calendars", {**SHANGHAI, **fields}, MANAGER)
    assert answer.status_code == 201, answer.text
    await world.counted()
    made: dict[str, Any] = answer.json()
    return made


async def working(world: Any) -> WorkingTime:
    async with world.database.begin() as tx:
        written = (await by_org_unit(tx))[None]
    return WorkingTime(hours_from(written))


async def read(world: Any, complaint: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def hours(complaint: dict[str, Any], calendar: WorkingTime) -> tuple[timedelta, timedelta]:
    """Working time until the step's and the resolution's deadline."""
    opened = moment(complaint["opened_at"])
    ends = (complaint["step_due_at"], complaint["sla"]["due_at"])
    step, resolution = (calendar.between(opened, moment(end)) for end in ends)
    return step, resolution


async def test_a_new_complaint_is_due_in_working_time(world: Any) -> None:
    await created(world)
    complaint = await world.complaint(await world.customer(), severity="critical")
    found = hours(complaint, await working(world))
    assert found == (timedelta(hours=1), timedelta(hours=24))
    assert moment(complaint["sla"]["due_at"]) - moment(complaint["opened_at"]) > timedelta(days=3)


async def test_a_calendar_of_an_org_unit_is_not_everybodys(world: Any) -> None:
    await created(world, org_unit_id=str(uuid4()))
    complaint = await world.complaint(await world.customer(), severity="critical")
    assert moment(complaint["sla"]["due_at"]) - moment(complaint["opened_at"]) == timedelta(days=1)


async def test_a_changed_calendar_moves_the_deadlines_of_open_cases_only(world: Any) -> None:
    customer = await world.customer()
    open_one, done = await world.complaint(customer), await world.complaint(customer)
    for verb, body in (("assign", {"owner_id": str(uuid4())}), ("resolve", {"result": "换货"})):
        assert (await world.do(done, verb, **body)).status_code == 200
    done = await read(world, done)
    calendar = await created(world)
    moved = await read(world, open_one)
    assert hours(moved, await working(world)) == (timedelta(hours=24), timedelta(hours=120))
    assert moved["version"] == open_one["version"]
    path = f"/v1/calendars/{calendar['id']}"
    await world.patch(path, {"week": {"mon": ["09:00-18:00"]}}, MANAGER)
    await world.counted()
    rarer = await read(world, open_one)
    assert rarer["sla"]["due_at"] > moved["sla"]["due_at"]
    async with world.client(MANAGER) as client:
        off = moment(rarer["sla"]["due_at"]).date()
        assert (await client.put(f"{path}/days/{off}", json={"spans": []})).status_code == 200
        await world.counted()
        later = await read(world, open_one)
        assert later["sla"]["due_at"] > rarer["sla"]["due_at"]
        assert (await client.delete(path)).status_code == 204
        await world.counted()
    assert await read(world, open_one) == open_one
    assert await read(world, done) == done


async def test_whether_a_result_came_in_time_is_settled_with_it(world: Any) -> None:
    calendar = await created(world)
    done = await world.complaint(await world.customer())
    for verb, body in (("assign", {"owner_id": str(uuid4())}), ("resolve", {"result": "换货"})):
        done = (await world.do(done, verb, **body)).json()
    async with world.client(MANAGER) as client:
        assert (await client.delete(f"/v1/calendars/{calendar['id']}")).status_code == 204
    await world.counted()
    for verb in ("inform", "close"):
        assert (await world.do(done, verb)).json()["sla"] == done["sla"]
    again = (await world.do(done, "reopen", reason="仍有裂纹")).json()
    assert moment(again["sla"]["due_at"]) - moment(again["step_started_at"]) == timedelta(hours=120)


async def test_a_result_found_while_waiting_is_measured_with_the_pause_given_back(world: Any) -> None:
    complaint = await world.complaint(await world.customer(), severity="critical")
    for verb, body in (("classify", {}), ("assign", {"owner_id": str(uuid4())}), ("start", {}), ("wait", {})):
        assert (await world.do(complaint, verb, **body)).status_code == 200
    await world.sql(
        "UPDATE complaint SET sla_started_at = sla_started_at - interval '3 days', "
        "sla_paused_at = sla_paused_at - interval '3 days' WHERE id = $1",
        UUID(complaint["id"]),
    )
    resolved = (await world.do(complaint, "resolve", result="换货")).json()
    assert resolved["sla"]["state"] == "met"
    late = moment(resolved["sla"]["due_at"]) - moment(complaint["sla"]["due_at"])
    assert timedelta(0) <= late < timedelta(minutes=1)


async def test_more_cases_than_one_look_takes_are_counted(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    own = {"id": "gen_random_uuid()", "number": "'N-' || n"}
    names = list(Complaint.__table__.c.keys())  # type: ignore[attr-defined]
    values = ", ".join(own.get(name, name) for name in names)
    many = f"SELECT {values} FROM complaint, generate_series(1, 600) AS n"
    await world.sql(f"INSERT INTO complaint ({', '.join(names)}) {many}")
    await created(world)
    found = await world.sql("SELECT DISTINCT sla_due_at FROM complaint")
    assert [row["sla_due_at"] for row in found] == [moment((await read(world, complaint))["sla"]["due_at"])]
    assert found[0]["sla_due_at"] > moment(complaint["sla"]["due_at"])


@pytest.mark.parametrize("days", [3, 10])
async def test_a_pause_gives_working_time_back(world: Any, days: int) -> None:
    await created(world)
    complaint = await world.complaint(await world.customer())
    for verb, body in (("classify", {}), ("assign", {"owner_id": str(uuid4())}), ("start", {}), ("wait", {})):
        assert (await world.do(complaint, verb, **body)).status_code == 200
    await world.sql(
        "UPDATE complaint SET sla_paused_at = sla_paused_at - make_interval(days => $2) WHERE id = $1",
        UUID(complaint["id"]),
        days,
    )
    (row,) = await world.sql("SELECT sla_paused_at FROM complaint")
    resumed = (await world.do(complaint, "resume")).json()
    calendar = await working(world)
    paused = calendar.between(row["sla_paused_at"], moment(resumed["step_started_at"]))
    assert paused > timedelta(0)
    opened = moment(complaint["opened_at"])
    assert calendar.between(opened, moment(resumed["sla"]["due_at"])) == timedelta(hours=120) + paused


def test_the_same_words_are_the_same_clock_and_none_is_the_wall() -> None:
    written = '["Asia/Shanghai", {"mon": ["09:00-09:01"]}, null, null, []]'
    assert clock_of(written) is clock_of(written)
    assert clock_of(None) is WALL
    start = datetime.fromisoformat("2026-03-02T00:00:00Z")
    assert clock_of(written).after(start, timedelta(hours=240)) == start + timedelta(days=3650)
