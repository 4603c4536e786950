"""Many workers, many assignees: each moment once, whoever dies, and nobody waits for another's thousands."""

import asyncio
import random
import signal
import sys
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from notify_svc.firing.clock import fire_until_quiet
from notify_svc.firing.commands import fire_due

from .steps import MANY, counts, once

WORKER = """
import asyncio, sys
from notify_svc.firing.clock import fire_until_quiet
from shared.db import Database
from shared.loops import every

async def main() -> None:
    database = Database(sys.argv[1])
    await database.open()
    await every(0.05, lambda: fire_until_quiet(database))()

asyncio.run(main())
"""
OF_ONE = """
    INSERT INTO reminder (id, assignee_id, subject, subject_parameters, due_at, channels, state, source,
                          snooze_count, created_by, created_at, updated_at, version)
    SELECT gen_random_uuid(), $2, 'Call', '{}', now() - make_interval(secs => n), '{inbox}', 'scheduled',
           'manual', 0, $2, now(), now(), 1
    FROM generate_series(1, $1::int) n
"""


@pytest.mark.slow
async def test_three_processes_that_are_killed_and_stopped_fire_ten_thousand_once(world: Any) -> None:
    number, chance = 10_000, random.Random(7)
    await world.sql(MANY, number // 2, world.lin.id)
    await world.sql(OF_ONE, number // 2, world.wang.id)

    async def worker() -> Any:
        return await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, world.urls.app_url)

    async def fired() -> int:
        [row] = await world.sql("SELECT count(*) AS n FROM reminder_occurrence")
        return int(row["n"])

    workers = [await worker() for _ in range(3)]
    signals = [signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL]
    try:
        for place, blow in enumerate(signals, start=1):
            while await fired() < place * number // 8:  # noqa: ASYNC110 - other processes do it
                await asyncio.sleep(0.01)
            victim = workers.pop(chance.randrange(3))
            victim.send_signal(blow)
            if blow is signal.SIGSTOP:
                await asyncio.sleep(0.3)
                victim.send_signal(signal.SIGCONT)
                workers.append(victim)
            else:
                assert await victim.wait() == -blow
                workers.append(await worker())
        while (await counts(world))["waiting"]:  # noqa: ASYNC110 - other processes do it
            await asyncio.sleep(0.05)
    finally:
        for each in workers:
            each.kill()
            await each.wait()
    assert await counts(world) == once(number)
    assert await world.sql("SELECT 1 FROM reminder_transition GROUP BY reminder_id HAVING count(*) > 1") == []


async def test_each_assignee_gets_the_same_share_of_a_transaction(world: Any) -> None:
    many, few = uuid4(), [uuid4() for _ in range(4)]
    await world.sql(OF_ONE, 300, many)
    for person in few:
        await world.sql(OF_ONE, 5, person)
    async with world.database.begin() as tx:
        claimed, _ = await fire_due(tx, start=UUID(int=0), most=100)
    assert claimed == 100
    rows = await world.sql("SELECT recipient_id FROM inbox_item")
    assert Counter(row["recipient_id"] for row in rows) == {many: 80, **dict.fromkeys(few, 5)}


async def test_ones_thousands_hold_up_nobody_while_another_worker_is_at_them(world: Any) -> None:
    many, other = uuid4(), uuid4()
    await world.sql(OF_ONE, 300, many)
    async with world.database.begin() as tx:
        assert (await fire_due(tx, start=UUID(int=0), most=100))[0] == 100
        await world.sql(OF_ONE, 3, other)
        async with world.database.begin() as second:
            assert (await fire_due(second, start=UUID(int=0), most=3))[0] == 3
        [row] = await world.sql("SELECT count(*) AS n FROM inbox_item WHERE recipient_id = $1", other)
        assert row["n"] == 3
    await fire_until_quiet(world.database)
    assert await counts(world) == once(303)


async def test_of_a_flood_owners_are_found_one_by_one_and_those_behind_come_round(world: Any) -> None:
    await world.sql(MANY, 2500, world.lin.id)
    await world.sql(
        "UPDATE reminder SET assignee_id = gen_random_uuid() WHERE assignee_id <> $1", UUID(int=3)
    )
    later = "UPDATE reminder SET due_at = now() + interval '1 day' WHERE id IN"
    await world.sql(f"{later} (SELECT id FROM reminder LIMIT 100)")
    start = UUID("80000000-0000-0000-0000-000000000000")
    async with world.database.begin() as tx:
        claimed, behind = await fire_due(tx, start=start)
    assert claimed == 50
    rows = await world.sql("SELECT recipient_id FROM inbox_item ORDER BY recipient_id")
    assert rows[0]["recipient_id"] > start
    assert rows[-1]["recipient_id"].int + 1 == behind.int
    await fire_until_quiet(world.database)
    assert await counts(world) == {**once(2400), "waiting": 100}
