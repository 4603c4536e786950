"""The loop on a real server: once each, taken over from the dead, retried, repeated."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from shared.db import Database
from shared.jobs import Every, JobContext, Worker, enqueue, leases
from shared.jobs.tables import Job
from shared.operations import OperationFollower
from shared.problems import Conflict
from tonglu_local.postgres import ServiceUrls

JOB: Any = Job.__table__  # type: ignore[attr-defined]
MINUTE = timedelta(minutes=1)
DOOMED = """
import asyncio, sys
from datetime import timedelta
from shared.db import Database
from shared.jobs import Worker
from shared.operations import OperationFollower

async def hang(job, args):
    print(job.fence, flush=True)
    await asyncio.sleep(600)

async def main():
    database = Database(sys.argv[1])
    await database.open()
    lease = timedelta(seconds=float(sys.argv[2]))
    await Worker(database, {"greet": hang}, follower=OperationFollower(), lease=lease).run()

asyncio.run(main())
"""


class Diary:
    """A handler that remembers its runs."""

    def __init__(self, behave: Callable[[JobContext], Any] | None = None) -> None:
        self.runs: list[tuple[UUID, int]] = []
        self._behave = behave

    async def __call__(self, job: JobContext, _args: dict[str, Any]) -> None:
        self.runs.append((job.id, job.fence))
        if self._behave is not None:
            await self._behave(job)


def _worker(database: Database, handler: Any, **options: Any) -> Worker:
    settings: dict[str, Any] = {"poll_seconds": 0.05, "wait_after": lambda _attempts: timedelta(), **options}
    return Worker(database, {"greet": handler}, follower=OperationFollower(), **settings)


@asynccontextmanager
async def _at_work(*workers: Worker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _enqueued(database: Database, count: int = 1, **options: Any) -> list[UUID]:
    async with database.begin() as tx:
        return [await enqueue(tx, "greet", {"n": n}, **options) for n in range(count)]


async def _until(database: Database, condition: Callable[[list[Any]], bool]) -> list[Any]:
    while True:
        async with database.read() as reader:
            rows = await reader.rows(select(JOB).order_by(JOB.c.created_at))
        if condition(rows):
            return rows
        await asyncio.sleep(0.02)


def _all(state: str) -> Callable[[list[Any]], bool]:
    return lambda rows: bool(rows) and all(row["state"] == state for row in rows)


@pytest.fixture
async def other(work: Database, work_urls: ServiceUrls) -> AsyncIterator[Database]:
    """The same database as another process would see it."""
    database = Database(work_urls.app_url)
    await database.open()
    yield database
    await database.close()


async def test_two_workers_never_run_one_job_twice(work: Database, other: Database) -> None:
    diary = Diary(lambda _job: asyncio.sleep(0))
    ids = await _enqueued(work, 60)
    async with _at_work(_worker(work, diary), _worker(other, diary)):
        await _until(work, _all("done"))
    assert Counter(job for job, _ in diary.runs) == Counter(ids)


async def _doomed(urls: ServiceUrls, lease: float) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DOOMED, urls.app_url, str(lease), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"1"
    return process


async def _killed(process: asyncio.subprocess.Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL


async def test_the_job_of_a_killed_worker_is_done_by_another(work: Database, work_urls: ServiceUrls) -> None:
    [job] = await _enqueued(work)
    process = await _doomed(work_urls, lease=1.5)
    diary = Diary()
    async with _at_work(_worker(work, diary)):
        await asyncio.sleep(2.5)
        assert diary.runs == [], "its heartbeats keep the lease"
        await _killed(process)
        [row] = await _until(work, _all("done"))
    assert diary.runs == [(job, 2)]
    assert row["attempts"] == 2


async def test_the_only_worker_takes_up_at_once_what_its_predecessor_left(
    work: Database, work_urls: ServiceUrls
) -> None:
    [job] = await _enqueued(work)
    await _killed(await _doomed(work_urls, lease=3600))
    diary = Diary()
    async with _at_work(_worker(work, diary, exclusive=True)):
        await _until(work, _all("done"))
    assert diary.runs == [(job, 2)]


async def test_a_job_that_kills_every_worker_fails_in_the_end(work: Database) -> None:
    await _enqueued(work, max_attempts=2)
    for _ in range(2):
        async with work.begin() as tx:
            await leases.claim(tx, ["greet"], most=1, lease=-MINUTE)
    diary = Diary()
    async with _at_work(_worker(work, diary)):
        [row] = await _until(work, _all("failed"))
    assert (diary.runs, row["last_error"]) == ([], "WorkerLost")


async def test_a_failing_job_is_tried_again_and_then_failed_without_its_words(work: Database) -> None:
    async def fail(_job: JobContext) -> None:
        raise ValueError("the phone 13800138000 is wrong")

    diary = Diary(fail)
    await _enqueued(work, max_attempts=3)
    async with _at_work(_worker(work, diary)):
        [row] = await _until(work, _all("failed"))
    assert len(diary.runs) == 3
    assert row["last_error"] == "ValueError"
    assert "phone" not in str(dict(row))


async def test_a_refusal_is_not_tried_again(work: Database) -> None:
    async def refuse(_job: JobContext) -> None:
        raise Conflict("taken", en="Taken.", zh="已被占用。")

    diary = Diary(refuse)
    await _enqueued(work)
    async with _at_work(_worker(work, diary)):
        await _until(work, _all("failed"))
    assert len(diary.runs) == 1


async def test_a_handler_that_was_cancelled_from_within_is_a_failure(work: Database) -> None:
    async def cancelled(_job: JobContext) -> None:
        raise asyncio.CancelledError

    await _enqueued(work, max_attempts=2)
    async with _at_work(_worker(work, Diary(cancelled))):
        [row] = await _until(work, _all("failed"))
    assert row["last_error"] == "HandlerCancelled"


async def test_a_worker_that_leaves_gives_its_jobs_back_uncounted(work: Database) -> None:
    started = asyncio.Event()

    async def linger(_job: JobContext) -> None:
        started.set()
        await asyncio.sleep(600)

    await _enqueued(work)
    async with _at_work(_worker(work, Diary(linger))):
        await started.wait()
    [row] = await _until(work, _all("queued"))
    assert (row["attempts"], row["lease_until"]) == (0, None)


async def test_a_handler_whose_lease_was_taken_is_stopped(work: Database) -> None:
    stopped = asyncio.Event()

    async def linger(job: JobContext) -> None:
        try:
            async with work.begin() as tx:
                await tx.run(JOB.update().values(fence=job.fence + 1))
            await asyncio.sleep(600)
        finally:
            stopped.set()

    await _enqueued(work)
    async with _at_work(_worker(work, Diary(linger), lease=timedelta(seconds=0.6))):
        await stopped.wait()
        async with work.begin() as tx:
            await tx.run(JOB.delete())


async def test_lost_connections_delay_the_work_and_do_not_end_it(
    work: Database, work_urls: ServiceUrls
) -> None:
    victim = Database(f"{work_urls.app_url}?application_name=victim")
    await victim.open()

    async def cut(_job: JobContext) -> None:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"
        async with work.read() as reader:
            await reader.rows(text(end))

    diary = Diary(cut)
    async with _at_work(_worker(victim, diary)):
        for _ in range(3):
            await _enqueued(work)
            await _until(work, _all("done"))
    await victim.close()
    assert {job for job, _ in diary.runs} == {row["id"] for row in await _until(work, _all("done"))}


async def test_a_process_does_two_things_at_once_and_no_more(work: Database) -> None:
    most = now = 0

    async def count(_job: JobContext) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    await _enqueued(work, 10)
    async with _at_work(_worker(work, Diary(count))):
        await _until(work, _all("done"))
    assert most == 2


async def test_asking_again_while_it_runs_means_one_more_run(work: Database) -> None:
    async def ask_again(job: JobContext) -> None:
        if job.fence == 1:
            for _ in range(3):
                assert await _enqueued(work, dedup_key="one") == [job.id]

    diary = Diary(ask_again)
    [job] = await _enqueued(work, dedup_key="one")
    async with _at_work(_worker(work, diary)):
        await _until(work, _all("done"))
    assert diary.runs == [(job, 1), (job, 2)]


async def test_periodic_work_runs_once_however_many_workers_there_are(
    work: Database, other: Database
) -> None:
    diary = Diary(lambda _job: asyncio.sleep(0.05))
    plan = [Every("greet", seconds=3600)]
    async with _at_work(*(_worker(db, diary, periodic=plan) for db in (work, other, work))):
        [row] = await _until(work, lambda rows: bool(diary.runs) and _all("queued")(rows))
        await asyncio.sleep(0.3)
    assert len(diary.runs) == 1
    assert row["run_at"] - row["created_at"] == timedelta(hours=1)


async def test_an_outage_is_made_up_for_by_one_run(work: Database) -> None:
    diary = Diary()
    plan = [Every("greet", seconds=60)]
    async with _at_work(_worker(work, diary, periodic=plan)):
        await _until(work, lambda rows: bool(diary.runs) and _all("queued")(rows))
    async with work.begin() as tx:
        await tx.run(JOB.update().values(run_at=tx.now - timedelta(days=1, seconds=7)))
    async with _at_work(_worker(work, diary, periodic=plan)):
        [row] = await _until(work, lambda rows: len(diary.runs) > 1 and _all("queued")(rows))
        await asyncio.sleep(0.3)
    assert len(diary.runs) == 2
    assert row["run_at"] > work.now()


async def test_periodic_work_that_fails_comes_back_at_its_next_time(work: Database) -> None:
    async def fail(_job: JobContext) -> None:
        raise ValueError

    diary = Diary(fail)
    async with _at_work(_worker(work, diary, periodic=[Every("greet", seconds=3600)])):
        [row] = await _until(work, lambda rows: len(diary.runs) == 5 and _all("queued")(rows))
    assert (row["attempts"], row["last_error"]) == (0, "ValueError")
    assert row["run_at"] > work.now()
