"""The live inbox: from the moment of a reminder to its item on the open stream of its assignee."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from tools.bench.figures import Goal, Line, number, percentile
from tools.bench.parts.raw import SEES_ALL
from tools.bench.parts.reminders import firing
from tools.bench.processes import Child
from tools.bench.stage import NO_BROKER, Stage
from tools.bench.wire import request

from shared.testing import as_principal, staff

_GOAL = Goal(1500, at_most=True)
_AHEAD_SECONDS = 3
_SECONDS = 20
_MADE = """
INSERT INTO reminder (id, assignee_id, subject, subject_parameters, due_at, channels, state, source,
    snooze_count, created_by, created_at, updated_at, version)
SELECT gen_random_uuid(), ($1::uuid[])[n % cardinality($1::uuid[]) + 1], '回访', '{}',
    clock_timestamp() + make_interval(secs => $3 + $4::float * n / $2), '{inbox}', 'scheduled', 'manual', 0,
    ($1::uuid[])[1], now(), now(), 1
FROM generate_series(1, $2::int) n
"""
_DUE = re.compile(rb'"due_at": ?"([^"]+)"')


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Milliseconds between when each is due and when its item is read; one worker and one API process."""
    urls = await stage.database("inbox", "notify_svc")
    people, count = [uuid4() for _ in range(20)], stage.sizes.asked
    late: list[float] = []
    connection = await asyncpg.connect(urls.app_url, server_settings=SEES_ALL)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(connection.close)
        child = await stack.enter_async_context(stage.service("notify_svc", urls, amqp_url=NO_BROKER))
        await stack.enter_async_context(firing(urls.app_url, 1))
        async with asyncio.TaskGroup() as listening:
            tasks = [listening.create_task(_listen(child, person, late)) for person in people]
            await asyncio.sleep(1)
            seconds = min(_SECONDS, count / 10)
            await connection.execute(_MADE, people, count, _AHEAD_SECONDS, seconds)
            async with asyncio.timeout(_AHEAD_SECONDS + seconds + 30):
                while len(late) < count:  # noqa: ASYNC110 - other processes do it
                    await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
    beside = f"{number(count)} reminders, {len(people)} streams"
    yield Line("due until it is on the stream, p50", [percentile(late, 0.5)], " ms")
    yield Line("due until it is on the stream, p99", [percentile(late, 0.99)], " ms", beside, _GOAL)


async def _listen(child: Child, person: UUID, late: list[float]) -> None:
    """Note of each item that comes how late it is, until cancelled."""
    headers = as_principal(staff("sales", staff_id=person), "notify-svc")
    reader, writer = await asyncio.open_connection("127.0.0.1", child.port)
    try:
        writer.write(request("GET", "/v1/inbox/events", {**headers, "Accept": "text/event-stream"}))
        while line := await reader.readline():
            if found := _DUE.search(line):
                due_at = datetime.fromisoformat(found[1].decode()).astimezone(UTC)
                late.append((time.time() - due_at.timestamp()) * 1000)
    finally:
        writer.close()
