"""Whatever dies, and whoever works beside: each step once, and only the holder of a wish writes."""

import asyncio
import signal
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.playbook_runs.asking import lease_some, settle
from notify_svc.playbook_runs.clients import Answered
from notify_svc.playbook_runs.clock import ask_services, run_until_quiet
from notify_svc.playbook_runs.intake import take_facts
from shared.clock import new_id

from .playing import REMIND, TAG, WAIT, Others, Post, hear, later, lost, playbook, run, runs, told

VICTIM = """
import asyncio, sys
from notify_svc.playbook_runs.clients import no_messages
from notify_svc.playbook_runs.clock import run_until_quiet
from shared.db import Database

async def main() -> None:
    database = Database(sys.argv[1])
    await database.open()
    await run_until_quiet(database, no_messages)

asyncio.run(main())
"""


async def crowd(world: Any, size: int) -> list[UUID]:
    customers = [new_id() for _ in range(size)]
    await world.sql(
        """
        INSERT INTO customer_ref (id, status, version, updated_at)
        SELECT id, 'active', 1, now() FROM unnest($1::uuid[]) AS id
        """,
        customers,
    )
    for start in range(0, size, 200):
        await hear(world, *(lost(each) for each in customers[start : start + 200]))
    return customers


async def counts(world: Any) -> Any:
    [row] = await world.sql(
        """
        SELECT (SELECT count(*) FROM playbook_run) AS runs,
               (SELECT count(DISTINCT customer_id) FROM playbook_run) AS customers,
               (SELECT count(*) FROM playbook_step) AS steps,
               (SELECT count(*) FROM reminder) AS reminders,
               (SELECT count(DISTINCT customer_id) FROM reminder) AS reminded,
               (SELECT count(*) FROM outbox WHERE type = 'playbook.started.v1') AS started,
               (SELECT count(*) FROM outbox WHERE type = 'playbook.finished.v1') AS finished
        """
    )
    return dict(row)


def once(size: int, steps: int) -> Any:
    return {
        "runs": size, "customers": size, "steps": size * steps, "reminders": size, "reminded": size,
        "started": size, "finished": size,
    }  # fmt: skip


async def until(holds: Any) -> None:
    """Wait for what another process does; the test's own deadline ends it."""
    while True:
        if await holds():
            return
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("among", ["those who enter", "those who step"])
async def test_a_process_killed_in_the_middle_repeats_nothing_and_loses_nothing(
    world: Any, among: str
) -> None:
    await playbook(world, REMIND, TAG)
    customers = await crowd(world, 120)
    if among == "those who step":
        async with world.database.begin() as tx:
            assert await take_facts(tx) == 120

    async def blocked() -> bool:
        return bool(await world.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    async with world.database.begin(timeout=60) as tx:  # what is written of the last customer waits
        await tx.connection.execute("SELECT FROM customer_ref WHERE id = $1 FOR UPDATE", customers[-1])
        victim = await asyncio.create_subprocess_exec(sys.executable, "-c", VICTIM, world.urls.app_url)
        try:
            await until(blocked)
        finally:
            victim.send_signal(signal.SIGKILL)
            assert await victim.wait() == -signal.SIGKILL
    others = Others()

    async def over() -> bool:  # the dead one holds what it held until its database connection is found dead
        await run_until_quiet(world.database, Post())
        await ask_services(world.database, others)
        return bool((await counts(world))["finished"] == 120)

    await until(over)
    assert await counts(world) == once(120, 2)
    assert len({each.key for each in others.asked}) == len(others.asked) == 120


async def test_many_workers_on_one_database_take_each_step_once(world: Any) -> None:
    await playbook(world, REMIND, WAIT)
    await crowd(world, 300)
    for _ in range(3):
        await asyncio.gather(*(run_until_quiet(world.database, Post()) for _ in range(4)))
        await later(world, 4)
    assert await counts(world) == once(300, 2)


async def test_who_lost_its_lease_writes_nothing(world: Any) -> None:
    await playbook(world, TAG)
    await hear(world, lost(await world.customer()))
    await run(world)
    async with world.database.begin() as tx:
        [slow] = await lease_some(tx, 5)
    async with world.database.begin() as tx:
        assert await lease_some(tx, 5) == []
    await world.sql("UPDATE playbook_intent SET leased_until = now() - interval '1 second'")
    async with world.database.begin() as tx:
        [quick] = await lease_some(tx, 5)
    assert quick["fence"] == slow["fence"] + 1
    async with world.database.begin() as tx:
        assert not await settle(tx, slow, Answered("refused", "late"))
        assert not await settle(tx, slow, Answered("unknown", "late"))
    async with world.database.begin() as tx:
        assert await settle(tx, quick, Answered("done"))
    await run(world)
    [done] = await runs(world)
    assert done["outcome"] == "completed"


async def test_what_cannot_be_asked_for_most_of_a_day_is_given_up(world: Any) -> None:
    """Behind it the other service would not know a repeated request any more."""
    await playbook(world, {**TAG, "if_refused": "stop"})
    await hear(world, lost(await world.customer()))
    await run(world)
    [row] = await world.sql("SELECT give_up_at - due_at AS left FROM playbook_intent")
    assert row["left"] < timedelta(hours=24)
    await world.sql("UPDATE playbook_intent SET give_up_at = now()")
    await run(world, None, Others(Answered("unknown", "unreachable")))
    [done] = await runs(world)
    assert (done["outcome"], done["code"]) == ("stopped", "unreachable")
    assert len(await told(world, "playbook.finished.v1")) == 1


async def test_one_takes_facts_in_at_a_time_so_that_they_keep_their_order(world: Any) -> None:
    await playbook(world, WAIT)
    await hear(world, lost(await world.customer()))
    async with world.database.begin() as first, world.database.begin() as second:
        assert await take_facts(first) == 1
        assert await take_facts(second) == 0
    async with world.database.begin() as tx:
        assert await take_facts(tx) == 0
    assert len(await runs(world)) == 1


@pytest.mark.parametrize("entered", [1, 7, 500])
async def test_however_facts_are_cut_into_transactions_the_same_runs_come_of_them(
    world: Any, entered: int
) -> None:
    await playbook(world, WAIT, goal={"event": "churn.warned"})
    customers = await crowd(world, 20)
    await hear(world, *(lost(each, 2) for each in customers))
    taken = 1
    while taken:
        async with world.database.begin() as tx:
            taken = await take_facts(tx, entered)
    assert len(await runs(world)) == 20
    assert len(await told(world, "playbook.started.v1")) == 20
