"""How long steps wait and are handled, on the wall and in working time, and until when they are due."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from interaction_svc.calendars.domain import Hours
from interaction_svc.service_records import domain
from interaction_svc.service_records.domain import Deed
from interaction_svc.sla.clock import WALL, CalendarClock
from shared.clock import new_id
from shared.references import CustomerRef, apply
from shared.testing import staff

from .steps import do, done, holding, listed, process, run, shifted, step

ALWAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
FRIDAY = datetime(2026, 3, 6, 9, 30, tzinfo=UTC)  # 17:30 in Shanghai
MONDAY = datetime(2026, 3, 9, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai


async def calendar(world: Any, week: dict[str, list[str]], org_unit: UUID | None = None) -> None:
    body = {"name": "客服", "timezone": "Asia/Shanghai", "week": week}
    body |= {"org_unit_id": str(org_unit)} if org_unit else {}
    answer = await world.post("/v1/calendars", body, staff("manager"))
    assert answer.status_code == 201, answer.text
    await world.counted()


async def customer_of(world: Any, org_unit: UUID) -> str:
    ref = CustomerRef(new_id(), None, None, org_unit, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
    return str(ref.id)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def office() -> CalendarClock:
    """Nine to six in Shanghai from Monday to Friday."""
    day = ((9 * 60, 18 * 60),)
    return CalendarClock(Hours(ZoneInfo("Asia/Shanghai"), (day,) * 5 + ((), ())))


def test_a_weekend_counts_on_the_wall_and_not_as_working_time(office: CalendarClock) -> None:
    who, steps = (
        uuid4(),
        domain.planned([step("a", expected_minutes=60), step("b")], Deed(uuid4(), FRIDAY, office)),
    )
    assert steps[0].due_at == MONDAY  # half an hour on Friday, half an hour on Monday
    steps = domain.start(steps, "a", Deed(who, MONDAY, office), who)
    assert (steps[0].waiting_seconds, steps[0].waiting_working_seconds) == (64 * 3600, 3600)
    noon = MONDAY + timedelta(hours=2, seconds=1.9)
    steps = domain.complete(steps, "a", Deed(who, noon, office), {})
    assert (steps[0].handling_seconds, steps[0].handling_working_seconds) == (7201, 7201)
    assert (steps[1].status, steps[1].ready_at, steps[1].due_at) == ("ready", noon, noon + timedelta(hours=1))


def test_a_clock_that_was_set_back_makes_no_negative_times() -> None:
    who = uuid4()
    steps = domain.planned([step("a")], Deed(who, MONDAY, WALL))
    earlier = Deed(who, MONDAY - timedelta(hours=1), WALL)
    steps = domain.complete(domain.start(steps, "a", earlier, who), "a", earlier, {})
    assert (steps[0].waiting_seconds, steps[0].handling_working_seconds) == (0, 0)


async def test_waiting_and_handling_are_measured(world: Any) -> None:
    made = await run(world, await process(world))
    await shifted(world, made, ready_at=90)
    started = (await do(world, made, "start", "accept")).json()["steps"][0]
    assert 5400 <= started["waiting_seconds"] < 5460
    assert started["waiting_working_seconds"] == started["waiting_seconds"]  # there is no calendar
    assert started["handling_seconds"] is None
    await shifted(world, made, started_at=30)
    over = (await do(world, made, "complete", "accept")).json()["steps"]
    assert 1800 <= over[0]["handling_seconds"] < 1860
    assert over[1]["ready_at"] == over[0]["finished_at"]
    assert moment(over[1]["due_at"]) - moment(over[1]["ready_at"]) == timedelta(hours=1)


async def test_the_calendar_of_the_customers_org_unit_counts(world: Any) -> None:
    busy, closed = new_id(), new_id()
    await calendar(world, ALWAYS)
    await calendar(world, ALWAYS, busy)
    # Open for a minute a week that is not now: what is waited for until then is no working time.
    other_day = (world.database.now() + timedelta(days=3)).strftime("%a").lower()
    await calendar(world, {other_day: ["12:00-12:01"]}, closed)
    template = await process(world)
    found = {}
    for unit in (busy, closed):
        made = await run(world, template, await customer_of(world, unit))
        await shifted(world, made, ready_at=10)
        found[unit] = (await do(world, made, "start", "accept")).json()["steps"][0]
    assert found[busy]["waiting_working_seconds"] >= 600
    assert (found[closed]["waiting_working_seconds"], found[closed]["waiting_seconds"] >= 600) == (0, True)
    due = {unit: moment(one["due_at"]) - world.database.now() for unit, one in found.items()}
    assert due[busy] < timedelta(hours=1)
    assert due[closed] > timedelta(days=365)  # sixty weeks


async def test_who_is_handed_a_step_is_measured_by_the_same_calendar(world: Any) -> None:
    closed, holder = new_id(), holding("service")
    other_day = (world.database.now() + timedelta(days=3)).strftime("%a").lower()
    await calendar(world, {other_day: ["12:00-12:01"]}, closed)
    await calendar(world, ALWAYS)
    made = await run(world, await process(world), await customer_of(world, closed))
    await world.sql("UPDATE service_record SET assignee_id = $1 WHERE id = $2", holder.id, UUID(made["id"]))
    await shifted(world, made, ready_at=10)
    started = (await do(world, made, "start", "accept", who=holder)).json()
    assert started["steps"][0]["waiting_working_seconds"] == 0


async def test_late_services_are_found_until_their_step_is_over(world: Any) -> None:
    template = await process(world)
    late, fine = await run(world, template), await run(world, template)
    assert await listed(world, "overdue=true") == []
    await world.sql(
        "UPDATE service_record SET due_at = now() - interval '1 minute' WHERE id = $1", UUID(late["id"])
    )
    assert await listed(world, "overdue=true") == [late["id"]]
    assert await listed(world, "overdue=false") == [fine["id"]]
    after = await done(world, late, "accept")
    assert moment(after["due_at"]) > world.database.now()
    assert await listed(world, "overdue=true") == []
    await world.sql(
        "UPDATE service_record SET due_at = now() - interval '1 minute' WHERE id = $1", UUID(fine["id"])
    )
    await do(world, fine, "cancel", reason="x")
    assert await listed(world, "overdue=true") == []


async def test_nothing_is_done_before_what_was_done_last(world: Any) -> None:
    made = await run(world, await process(world))
    await shifted(world, made, ready_at=-60)
    await world.sql(
        "UPDATE service_record SET updated_at = updated_at + interval '1 hour' WHERE id = $1",
        UUID(made["id"]),
    )
    started = (await do(world, made, "start", "accept")).json()
    first = started["steps"][0]
    assert first["started_at"] == first["ready_at"] == started["updated_at"]
    assert first["waiting_seconds"] == 0


async def test_a_calendar_that_changes_leaves_what_was_promised(world: Any) -> None:
    made = await run(world, await process(world))
    await calendar(world, {"mon": ["09:00-09:01"]})
    assert (await world.get(f"/v1/service-records/{made['id']}")).json()["due_at"] == made["due_at"]
