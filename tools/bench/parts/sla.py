"""The sweep of service level clocks: how long until everybody is told who has to be."""

import time
from collections.abc import AsyncIterator

import asyncpg
from tools.bench.figures import Goal, Line, number
from tools.bench.parts.raw import SEES_ALL
from tools.bench.stage import Stage

from interaction_svc.alarms.commands import AT_ONCE, tell_due
from shared.clock import new_id
from shared.db import Database

_GOAL = Goal(2, at_most=True)
_OPENED = """
WITH customer AS (
    INSERT INTO customer_ref (id, status, version, updated_at) VALUES ($1, 'active', 1, now()) RETURNING id
)
INSERT INTO complaint (id, number, customer_id, channel, category, severity, subject, description, status,
    owner_id, opened_at, sla_started_at, sla_due_at, sla_paused, escalation_level, step_started_at,
    step_due_at, reopened_count, watcher_ids, attachments, created_by, version, created_at, updated_at)
SELECT gen_random_uuid(), 'C-' || n, customer.id, 'call', 'quality', 'high', '杯口有裂纹', '', 'received',
    gen_random_uuid(), now(), now(), now(), '0', 0, now(), now(), 0, '{}', '[]', gen_random_uuid(), 1, now(),
    now()
FROM customer, generate_series(1, $2::int) AS n
"""
_CLOCKS = """
INSERT INTO sla_clock (id, complaint_id, metric, started_at, due_at, alarm_at, alarm_to, fired)
SELECT gen_random_uuid(), id, 'resolution', now(), now() + interval '9 days',
    ARRAY[now() + interval '8 days', now() + interval '9 days'], '{owner,owner}', 0
FROM complaint ORDER BY number LIMIT $1
"""
_RING = """
UPDATE sla_clock SET fired = 0, alarm_at = ARRAY[now() - interval '1 second', now() + interval '9 days']
WHERE id IN (SELECT id FROM sla_clock LIMIT $1)
"""


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Seconds until every clock whose alarm has come is told of, events written and committed.

    That all of them ring in one moment is no day of anybody's; it shows what a single one costs.
    """
    urls = await stage.database("sla", "interaction_svc")
    clocks = stage.sizes.interactions // 10
    connection = await asyncpg.connect(urls.app_url, server_settings=SEES_ALL)
    database = Database(urls.app_url)
    await database.open()
    try:
        await connection.execute(_OPENED, new_id(), clocks * 2)
        await connection.execute(_CLOCKS, clocks)
        await connection.execute("VACUUM ANALYZE")
        for ringing in (0, clocks // 100, clocks):
            times = [await _swept(connection, database, ringing) for _ in range(stage.sizes.rounds)]
            what = f"{number(clocks)} clocks swept, {number(ringing)} of them ring"
            yield Line(what, times, unit=" s", goal=None if ringing == clocks else _GOAL)
    finally:
        await database.close()
        await connection.close()


async def _swept(connection: asyncpg.Connection, database: Database, ringing: int) -> float:
    await connection.execute(_RING, ringing)
    await connection.execute("DELETE FROM outbox")
    started = time.perf_counter()
    full = True
    while full:
        async with database.begin(bulk=True) as tx:
            full = await tell_due(tx, most=AT_ONCE) == AT_ONCE
    taken = time.perf_counter() - started
    told = await connection.fetchval("SELECT count(*) FROM outbox")
    if told != ringing:
        raise AssertionError(f"{told} were told of {ringing}")
    return taken
