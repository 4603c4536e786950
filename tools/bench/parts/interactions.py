"""What is asked of interactions all day: the timeline of a busy customer, and deadlines in working time."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.parts.raw import SEES_ALL
from tools.bench.stage import Stage

from interaction_svc.app import build
from interaction_svc.calendars.domain import Hours
from interaction_svc.calendars.working import WorkingTime
from interaction_svc.settings import Settings
from shared.clock import new_id
from shared.composition import Service
from shared.run import settled_heap
from shared.testing.clients import service_client, staff
from shared.testing.services import running

_ASKED = 300
_PAGE = 50
_FAR = 100
_QUIET = 1_000
_OFFICE = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
_HOURS = Hours(ZoneInfo("Asia/Shanghai"), (*[_OFFICE] * 5, (), ()), "CN")
_TIMELINE = Goal(20, at_most=True)
_DEADLINES = Goal(20_000)
_CUSTOMERS = """
INSERT INTO customer_ref (id, status, version, updated_at)
SELECT id, 'active', 1, now() FROM unnest($1::uuid[]) AS id
"""
_LOGGED = """
INSERT INTO interaction
SELECT gen_random_uuid(), ($1::uuid[])[1 + n % cardinality($1::uuid[])], NULL, 'call', 'inbound',
    now() - make_interval(mins => n), '[]', '回访 Follow-up', NULL, '[]', gen_random_uuid(), 1, now(), now()
FROM generate_series(1, $2::int) AS n
"""
_PROMISED = """
WITH made AS (
    INSERT INTO promise (id, customer_id, content, promised_by, due_at, status, created_by, version,
        created_at, updated_at)
    SELECT gen_random_uuid(), $1::uuid, 'samples', gen_random_uuid(), now() + interval '9 days', 'open',
        gen_random_uuid(), 1, now(), now() FROM generate_series(1, $2::int) AS n
    RETURNING *
)
INSERT INTO promise_step SELECT gen_random_uuid(), id, customer_id, NULL, 1, 'make', 'open', due_at,
    promised_by, NULL, created_by, now() - make_interval(mins => (row_number() OVER ())::int * 7) FROM made
"""


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """The 99th percentile of pages in milliseconds, of one caller; deadlines a second of one processor."""
    urls = await stage.database("interactions", "interaction_svc")
    logged, entries = stage.sizes.interactions, stage.sizes.interactions // 100
    busy = await _filled(urls.app_url, logged, entries)
    async with running(build, Settings, urls, worker=False) as service:
        settled_heap()
        cursor: str | None = None
        for told in ("the first page", f"page {_FAR}"):
            times, after = await _asked(service, busy, cursor)
            beside = f"p50 {number(percentile(times, 0.5))} ms"
            what = f"timeline of {number(entries)} entries, {told}"
            yield Line(what, [percentile(times, 0.99)], unit="ms", beside=beside, goal=_TIMELINE)
            cursor = after
    rates = [_deadlines() for _ in range(stage.sizes.rounds)]
    yield Line("deadlines over Chinese holidays", rates, "/s", goal=_DEADLINES)


async def _filled(url: str, logged: int, entries: int) -> UUID:
    """Many customers with some contacts each, and one with many contacts and promises."""
    busy, others = new_id(), [new_id() for _ in range(_QUIET)]
    connection = await asyncpg.connect(url, server_settings=SEES_ALL)
    try:
        await connection.execute(_CUSTOMERS, [busy, *others])
        await connection.execute(_LOGGED, others, logged - entries)
        await connection.execute(_LOGGED, [busy], entries * 9 // 10)
        await connection.execute(_PROMISED, busy, entries - entries * 9 // 10)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return busy


async def _asked(service: Service, customer: UUID, cursor: str | None) -> tuple[list[float], str | None]:
    """How long a page took each time, and where page `_FAR` begins, as far as there are so many."""
    path = f"/v1/customers/{customer}/timeline"
    params: dict[str, Any] = {"limit": _PAGE, **({} if cursor is None else {"cursor": cursor})}
    times = []
    async with service_client(service, staff("manager")) as client:
        for _ in range(_ASKED):
            started = time.perf_counter()
            (await client.get(path, params=params)).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
        after = cursor
        for _ in range(0 if cursor else _FAR - 1):
            page = (await client.get(path, params={**params, "cursor": after} if after else params)).json()
            if (following := page["page"]["next_cursor"]) is None:
                break
            after = following
    return times, after


def _deadlines() -> float:
    """Deadlines a second; the years are known, as they are in a process that serves."""
    chance = Random(1)  # noqa: S311 - any moments
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    asked = [
        (begin + timedelta(seconds=chance.randrange(60_000_000)), timedelta(minutes=chance.randrange(12_000)))
        for _ in range(20_000)
    ]
    working = WorkingTime(_HOURS)
    working.after(begin, timedelta(days=300))
    started = time.perf_counter()
    for start, minutes in asked:
        working.after(start, minutes)
    return len(asked) / (time.perf_counter() - started)
