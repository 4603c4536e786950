"""Who may write for a job: only the worker that holds its newest lease."""

from datetime import timedelta

import pytest

from shared.db import Database
from shared.jobs import JobContext, LeaseLost, enqueue, leases
from shared.operations import OperationFollower

OVER = timedelta(seconds=-1)
MINUTE = timedelta(minutes=1)


async def _claim(database: Database, lease: timedelta) -> list[leases.Claimed]:
    async with database.begin() as tx:
        return await leases.claim(tx, ["greet"], most=9, lease=lease)


def _context(database: Database, job: leases.Claimed) -> JobContext:
    return JobContext(database, job, lease=MINUTE, follower=OperationFollower())


async def test_a_worker_with_an_old_fence_can_neither_write_nor_finish(work: Database) -> None:
    async with work.begin() as tx:
        await enqueue(tx, "greet", {})
    [old] = await _claim(work, OVER)
    [new] = await _claim(work, MINUTE)
    assert (old.id, old.fence, new.fence) == (new.id, 1, 2)
    stale = _context(work, old)
    with pytest.raises(LeaseLost):
        await stale.heartbeat()
    with pytest.raises(LeaseLost):
        async with stale.begin():
            pytest.fail("it must not get a transaction")
    with pytest.raises(LeaseLost):
        async with work.begin() as tx:
            await leases.finish(tx, old)
    with pytest.raises(LeaseLost):
        async with work.begin() as tx:
            await leases.later(tx, old, wait=MINUTE, attempts=1)
    async with _context(work, new).begin() as tx:
        await leases.finish(tx, new)


async def test_nobody_takes_over_while_the_holder_is_writing(work: Database) -> None:
    async with work.begin() as tx:
        await enqueue(tx, "greet", {})
    [job] = await _claim(work, OVER)
    context = _context(work, job)
    async with context.begin() as tx:
        assert await _claim(work, MINUTE) == []
        await context.heartbeat()
        await leases.finish(tx, job)
    assert await _claim(work, MINUTE) == []


async def test_writing_keeps_nobody_from_asking_again(work: Database) -> None:
    async with work.begin() as tx:
        await enqueue(tx, "greet", {}, dedup_key="one")
    [job] = await _claim(work, MINUTE)
    async with _context(work, job).begin(), work.begin() as tx:
        assert await enqueue(tx, "greet", {}, dedup_key="one") == job.id


async def test_a_heartbeat_keeps_the_lease(work: Database) -> None:
    async with work.begin() as tx:
        await enqueue(tx, "greet", {})
    [job] = await _claim(work, OVER)
    await _context(work, job).heartbeat()
    assert await _claim(work, MINUTE) == []
