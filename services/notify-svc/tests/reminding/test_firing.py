"""Firing: each moment once, whoever looks and whatever dies; late by a day is missed."""

import asyncio
import signal
import sys
from typing import Any
from uuid import UUID

import pytest

from notify_svc.app import build
from notify_svc.firing.clock import fire_until_quiet
from notify_svc.inbox.domain import UNASSIGNED
from notify_svc.settings import Settings
from shared.testing import running

from .steps import MANY, counts, once

VICTIM = """
import asyncio, sys
from notify_svc.firing.clock import fire_until_quiet
from shared.db import Database

async def main() -> None:
    database = Database(sys.argv[1])
    await database.open()
    await fire_until_quiet(database)

asyncio.run(main())
"""


async def some_fired(world: Any) -> Any:
    return bool(await world.sql("SELECT 1 FROM reminder_occurrence LIMIT 1"))


async def until(holds: Any) -> None:
    """Wait for what another process or loop does; the test's own deadline ends it."""
    while True:
        if await holds():
            return
        await asyncio.sleep(0.005)


async def test_a_due_reminder_is_brought_before_its_assignee_and_told(world: Any) -> None:
    made = await world.reminder(world.lin, subject="Call Li")
    await world.make_late(made["id"], hours=0.01)
    await fire_until_quiet(world.database)
    read = (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()
    assert (read["state"], read["version"]) == ("due", 2)
    [item] = (await world.get(world.lin, "/v1/inbox")).json()["data"]
    assert (item["kind"], item["subject"], item["reminder_id"]) == ("reminder.due", "Call Li", made["id"])
    [event] = await world.sql("SELECT aggregate_version, payload FROM outbox")
    assert event["aggregate_version"] == 2
    assert event["payload"]["data"]["assignee_id"] == str(world.lin.id)
    assert "Call Li" not in str(event["payload"])


async def test_what_is_not_due_yet_does_not_fire(world: Any) -> None:
    await world.reminder(world.lin, due_at=world.later(seconds=30))
    await fire_until_quiet(world.database)
    assert (await counts(world))["occurrences"] == 0


async def test_firing_again_changes_nothing(world: Any) -> None:
    made = await world.reminder(world.lin)
    await world.make_late(made["id"], hours=1)
    for _ in range(3):
        await fire_until_quiet(world.database)
    assert await counts(world) == once(1)


async def test_a_snoozed_reminder_fires_again_at_its_new_moment(world: Any) -> None:
    made = await world.reminder(world.lin)
    await world.make_late(made["id"], hours=1)
    await fire_until_quiet(world.database)
    await world.post(world.lin, f"/v1/reminders/{made['id']}/snooze", {"minutes": 5})
    await fire_until_quiet(world.database)
    assert (await counts(world))["occurrences"] == 1
    await world.make_late(made["id"], hours=0.5)
    await fire_until_quiet(world.database)
    assert (await counts(world))["occurrences"] == 2
    assert (await world.get(world.lin, "/v1/inbox/unread-count")).json() == {"unread": 1}


@pytest.mark.parametrize(
    ("hours", "state", "kind"),
    [(23.9, "due", "reminder.due"), (24.1, "missed", "reminder.missed"), (900, "missed", "reminder.missed")],
)
async def test_after_an_outage_a_day_late_still_fires_and_more_is_reported_as_missed(
    world: Any, hours: Any, state: Any, kind: Any
) -> None:
    made = await world.reminder(world.lin)
    await world.make_late(made["id"], hours=hours)
    await fire_until_quiet(world.database)
    assert (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()["state"] == state
    [item] = (await world.get(world.lin, "/v1/inbox")).json()["data"]
    assert item["kind"] == kind
    assert len(await world.sql("SELECT 1 FROM outbox")) == (1 if state == "due" else 0)


async def test_a_reminder_of_nobody_is_brought_before_the_managers(world: Any) -> None:
    made = await world.reminder(world.lin, assignee_id=None)
    assert made["queue"] == "unassigned"
    await world.make_late(made["id"], hours=1)
    await fire_until_quiet(world.database)
    [item] = (await world.get(world.manager, "/v1/inbox")).json()["data"]
    assert item["queue"] == "unassigned"
    assert (await world.get(world.lin, "/v1/inbox")).json()["data"] == []


async def test_two_services_on_one_database_fire_each_reminder_once(world: Any) -> None:
    async with running(build, Settings, world.urls, worker=False) as other:
        await world.sql(MANY, 1700, world.lin.id)
        await asyncio.gather(
            *(fire_until_quiet(database) for database in (world.database, other.database) for _ in range(3))
        )
    assert await counts(world) == once(1700)


async def test_a_process_killed_in_the_middle_repeats_nothing_and_loses_nothing(world: Any) -> None:
    await world.sql(MANY, 1000, world.lin.id)
    await world.sql("INSERT INTO inbox_box VALUES ($1, 0)", UUID(int=1))

    async def blocked() -> bool:
        return bool(await world.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    async with world.database.begin(timeout=60) as tx:  # the victim may need seconds to start
        await tx.connection.execute("SELECT * FROM inbox_box FOR UPDATE")
        victim = await asyncio.create_subprocess_exec(sys.executable, "-c", VICTIM, world.urls.app_url)
        try:
            await until(blocked)
        finally:
            victim.send_signal(signal.SIGKILL)
            assert await victim.wait() == -signal.SIGKILL
    assert await counts(world) == {**once(0), "waiting": 1000}

    async def all_fired() -> bool:
        await fire_until_quiet(world.database)
        return not (await counts(world))["waiting"]

    await until(all_fired)
    assert await counts(world) == once(1000)


async def test_numbers_of_a_box_have_no_gaps_and_no_doubles(world: Any) -> None:
    await world.sql(MANY, 1200, world.lin.id)
    await asyncio.gather(*(fire_until_quiet(world.database) for _ in range(3)))
    rows = await world.sql(
        "SELECT recipient_id, count(*) AS n, max(number) AS top FROM inbox_item GROUP BY recipient_id"
    )
    assert all(row["n"] == row["top"] for row in rows)
    assert UNASSIGNED in {row["recipient_id"] for row in rows}


async def test_the_running_worker_fires_by_itself(world: Any) -> None:
    made = await world.reminder(world.lin)
    await world.make_late(made["id"], hours=0.1)
    async with running(build, Settings, world.urls):
        await until(lambda: some_fired(world))
    assert await counts(world) == once(1)


async def test_new_time_zone_rules_move_the_moments_of_wall_times(world: Any) -> None:
    local = f"{world.database.now().year + 1}-07-01T09:00:00"
    made = await world.reminder(world.lin, local_time=local, timezone="Asia/Shanghai")
    other = await world.reminder(world.lin)
    await world.sql("UPDATE reminder SET due_at = due_at + interval '1 hour' WHERE id = $1", UUID(made["id"]))

    async def moved_back() -> bool:
        return bool((await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()["version"] == 2)

    async with running(build, Settings, world.urls):
        await until(moved_back)
    assert (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()["due_at"] == made["due_at"]
    assert (await world.get(world.lin, f"/v1/reminders/{other['id']}")).json() == other
