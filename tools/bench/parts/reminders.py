"""Reminders that are due in one moment, most of them one person's: how late those of the others are."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.parts.raw import SEES_ALL
from tools.bench.stage import Stage

WORKERS = 3
_OTHERS_LATE = Goal(30, at_most=True)
_ALL_DONE = Goal(180, at_most=True)
_SHARE_OF_ONE = 0.95
_OTHERS = 500
_AHEAD_SECONDS = 5
_MADE = """
INSERT INTO reminder (id, assignee_id, subject, subject_parameters, due_at, channels, state, source,
    snooze_count, created_by, created_at, updated_at, version)
SELECT gen_random_uuid(), CASE WHEN n <= $2 THEN $3::uuid ELSE md5((n % $4)::text)::uuid END, '回访', '{}',
    now() + make_interval(secs => $5), '{inbox}', 'scheduled', 'manual', 0, $3, now(), now(), 1
FROM generate_series(1, $1::int) n ORDER BY md5(n::text)
"""
_LATE = """
SELECT r.assignee_id = $1 AS of_one,
    extract(epoch FROM pg_xact_commit_timestamp(o.xmin) - o.due_at)::float AS late
FROM reminder_occurrence o JOIN reminder r ON r.id = o.reminder_id
"""
_ANSWERED = "SELECT count(*) FROM reminder_occurrence"
_ONE = "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77"


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Seconds from the moment at which all are due to the commit that brings each before its assignee."""
    urls = await stage.database("reminders", "notify_svc")
    count = stage.sizes.reminders
    connection = await asyncpg.connect(urls.app_url, server_settings=SEES_ALL)
    try:
        async with firing(urls.app_url, WORKERS):
            of_one = int(count * _SHARE_OF_ONE)
            await connection.execute(_MADE, count, of_one, _ONE, _OTHERS, _AHEAD_SECONDS)
            await connection.execute("ANALYZE reminder")
            while await connection.fetchval(_ANSWERED) < count:  # noqa: ASYNC110 - others do it
                await asyncio.sleep(0.5)
            rows = await connection.fetch(_LATE, _ONE)
            items = await connection.fetchval("SELECT count(*) FROM inbox_item")
    finally:
        await connection.close()
    if len(rows) != count or items != count:
        raise AssertionError(f"{len(rows)} occurrences and {items} items of {count}")
    others = [row["late"] for row in rows if not row["of_one"]]
    beside = f"{number(count)} due, {number(of_one)} of one, {WORKERS} workers"
    yield Line("the others' reminders late, p50", [percentile(others, 0.5)], " s")
    yield Line("the others' reminders late, p99", [percentile(others, 0.99)], " s", beside, _OTHERS_LATE)
    last = max(row["late"] for row in rows)
    yield Line("until the last one is told", [last], " s", f"{number(count / last)}/s", _ALL_DONE)


@asynccontextmanager
async def firing(url: str, workers: int) -> AsyncIterator[None]:
    """So many workers that fire, ready."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tools.bench.firing", url, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(workers)
    ]
    try:
        for each in started:
            if each.stdout is None or not await each.stdout.readline():
                raise RuntimeError("a worker did not start")
        yield
    finally:
        for each in started:
            each.kill()
            await each.wait()
