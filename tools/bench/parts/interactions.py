"""What is asked of interactions all day: logging one, a busy customer's timeline, working deadlines."""

import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from tools.bench.figures import Goal, Line, number, percentile, ratios
from tools.bench.parts.raw import SEES_ALL
from tools.bench.stage import Stage

from interaction_svc.app import build
from interaction_svc.calendars.domain import Hours
from interaction_svc.calendars.working import WorkingTime
from interaction_svc.interactions import commands, queries
from interaction_svc.interactions.schemas import InteractionCreate
from interaction_svc.settings import Settings
from shared.clock import new_id
from shared.composition import Service
from shared.db import Database, Prepared
from shared.db.connections import prepare_connection
from shared.db.statements import together
from shared.events import to_cloudevent
from shared.events.interaction import InteractionLogged
from shared.messaging.outbox import _INSERT as INSERT_OUTBOX
from shared.run import settled_heap
from shared.sealing import Sealer
from shared.testing.clients import service_client, staff
from shared.testing.services import DATA_KEY, running

_PAGE = 50
_FAR = 100
_QUIET = 1_000
_OFFICE = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
_HOURS = Hours(ZoneInfo("Asia/Shanghai"), (*[_OFFICE] * 5, (), ()), "CN")
_TIMELINE = Goal(20, at_most=True)
_DEADLINES = Goal(20_000)
_SHARE = Goal(0.60)
_CONTACT = {
    "channel": "call",
    "direction": "outbound",
    "occurred_at": "2026-03-02T02:15:00Z",
    "participants": [{"kind": "staff", "name": "陈静"}, {"kind": "contact", "name": "王建国"}],
    "summary": "回访三月到货情况；客户反映外包装有轻微破损，其余满意。Asked for prices of the autumn range.",
    "agreement": "下一批改用加厚纸箱，三月十日前发出样品。",
}
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
    yield await _logging(stage, urls.app_url)
    async with running(build, Settings, urls, worker=False) as service:
        settled_heap()
        cursor: str | None = None
        for told in ("the first page", f"page {_FAR}"):
            times, after = await _asked(service, busy, cursor, stage.sizes.asked)
            beside = f"p50 {number(percentile(times, 0.5))} ms"
            what = f"timeline of {number(entries)} entries, {told}"
            yield Line(what, [percentile(times, 0.99)], unit="ms", beside=beside, goal=_TIMELINE)
            cursor = after
    rates = [_deadlines() for _ in range(stage.sizes.rounds)]
    yield Line("deadlines over Chinese holidays", rates, "/s", goal=_DEADLINES)


async def _logging(stage: Stage, url: str) -> Line:
    """One contact after another: our command with its event and commit, and its statements on asyncpg alone.

    Both open a transaction, write the same rows in the same two statements, and commit; no relay publishes.
    """
    db = Database(url, sealer=Sealer(DATA_KEY))
    await db.open()
    connection = await asyncpg.connect(url, server_settings=SEES_ALL)
    await prepare_connection(connection)
    customers = [row[0] for row in await connection.fetch("SELECT id FROM customer_ref LIMIT 500")]
    ours, raw = _ours(db, customers), await _raw(db, connection, customers)
    rates: dict[str, list[float]] = {"ours": [], "raw": []}
    for turn in range(stage.sizes.rounds + 1):  # the first round warms both, and is forgotten
        for name, once in (("raw", raw), ("ours", ours)):
            rate = await _rate(once, stage.sizes.seconds)
            if turn:
                rates[name].append(rate)
    await connection.close()
    await db.close()
    beside = f"ours {number(max(rates['ours']))}/s, raw {number(max(rates['raw']))}/s at best"
    return Line(
        "log an interaction, of raw asyncpg", ratios(rates["ours"], rates["raw"]), beside=beside, goal=_SHARE
    )


async def _rate(once: Callable[[], Awaitable[None]], seconds: float) -> float:
    done, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        await once()
        done += 1
    return done / passed


def _ours(db: Database, customers: list[UUID]) -> Callable[[], Awaitable[None]]:
    by = staff("manager")
    bodies = [InteractionCreate.model_validate({**_CONTACT, "customer_id": each}) for each in customers]
    endless = itertools.cycle(bodies)

    async def once() -> None:
        async with db.begin(by.scope) as tx:
            await commands.log_interaction(tx, next(endless), distributor_id=None, by=by.id)

    return once


async def _raw(
    db: Database, connection: asyncpg.Connection, customers: list[UUID]
) -> Callable[[], Awaitable[None]]:
    """The rows are made beforehand but for their ids: what remains is PostgreSQL's work and the driver's."""
    body = InteractionCreate.model_validate({**_CONTACT, "customer_id": customers[0]})
    async with db.begin() as tx:
        row = commands.drafted(tx, body, {}, distributor_id=None, by=new_id())
        keep, pieces = queries.TEXTS.kept(tx, row)
    told = {name: row[name] for name in ("customer_id", "channel", "direction", "occurred_at")}
    event = InteractionLogged(subject=row["id"], version=1, distributor_id=None, kind="contact", **told)
    payload = json.dumps(to_cloudevent(event, row["id"], row["created_at"], None), separators=(",", ":"))
    outbox = {"versions": [1], "types": [event.type], "payloads": [payload], "at": row["created_at"]}
    log: Prepared = commands._LOG  # noqa: SLF001 - the statement itself is what is measured
    endless = itertools.cycle(customers)

    async def once() -> None:
        found = new_id()
        await connection.execute("BEGIN")
        given = {**row, "id": found, "customer_id": next(endless)}
        await connection.fetchval(log.sql, *log.arguments(given))
        event_ids = {"ids": [new_id()], "aggregates": [found], **outbox}
        sql, arguments = together([(keep, {**pieces, "record_id": found}), (INSERT_OUTBOX, event_ids)])
        await connection.execute(sql, *arguments)
        await connection.execute("COMMIT")

    return once


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


async def _asked(
    service: Service, customer: UUID, cursor: str | None, often: int
) -> tuple[list[float], str | None]:
    """How long a page took each time, and where page `_FAR` begins, as far as there are so many."""
    path = f"/v1/customers/{customer}/timeline"
    params: dict[str, Any] = {"limit": _PAGE, **({} if cursor is None else {"cursor": cursor})}
    times = []
    async with service_client(service, staff("manager")) as client:
        for _ in range(often):
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
