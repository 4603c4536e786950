"""Reports over a million orders in seconds of CPU, and how forecasts and recommendations did."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
from tools.bench.figures import Goal, Line, number
from tools.bench.parts.scoring import read_log
from tools.bench.stage import Stage

from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.behaviour import queries as behaviour
from scoring_svc.behaviour.schemas import BehaviourQuery
from scoring_svc.books.commands import bring_up_to_date
from scoring_svc.channels import queries as channels
from scoring_svc.cohorts import queries as cohorts
from scoring_svc.cohorts.schemas import CohortQuery
from scoring_svc.modelling.window_backtest import coverage
from scoring_svc.recommendations import learning
from scoring_svc.rfm import queries as rfm
from shared.db import Database, Reader

_EACH = 8  # orders a customer
_LONG_SECONDS = 600
_SEES_ALL = "SELECT set_config('app.distributor', '*', false), set_config('app.holders', '*', false)"
_FILL = """
    INSERT INTO customer_ref (id, status, version, updated_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'active', 1, now() FROM generate_series(1, {customers}) n;
    INSERT INTO order_fact
        (order_id, customer_id, ordered_at, amount_minor, currency, is_return, voided, channel)
    SELECT gen_random_uuid(), lpad(to_hex(1 + floor({customers} * random() ^ 1.5)::int), 32, '0')::uuid,
           now() - random() * interval '700 days', exp(8 + random() * 3)::bigint, 'CNY', random() < .05,
           false, (array['shop', 'online_shop', 'wechat'])[1 + floor(random() * 3)::int]
    FROM generate_series(1, {orders});
    INSERT INTO order_line_fact (order_id, position, customer_id, sku, category, quantity, amount_minor)
    SELECT order_id, p, customer_id, 'P' || floor(2000 * random() ^ 3)::int,
           'c' || floor(30 * random() ^ 2)::int, 1 + floor(random() * 5), 900
    FROM order_fact, generate_series(1, 2) p;
    ANALYZE;
"""
_CHANGE = """
    UPDATE order_fact SET amount_minor = amount_minor WHERE order_id IN (
        SELECT order_id FROM order_fact ORDER BY order_id LIMIT 2000
    )
"""
Report = Callable[[Reader, Any, datetime], Awaitable[dict[str, Any]]]
_REPORTS: dict[str, tuple[Report, Any]] = {
    "RFM": (rfm.rfm, BaseQuery()),
    "cohorts by month": (cohorts.cohorts, CohortQuery()),
    "channels": (channels.channels, BaseQuery()),
    "behaviour": (behaviour.behaviour, BehaviourQuery()),
}


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Seconds of CPU that PostgreSQL and the process spend on each report over 52 weeks of these orders."""
    orders = stage.sizes.archive
    urls = await stage.database("insights_bench", "scoring_svc")
    await _fill(urls.owner_url, orders)
    database = Database(urls.app_url)
    await database.open()
    try:
        began = time.monotonic()
        made = await bring_up_to_date(database)
        yield Line("books made of the log", [time.monotonic() - began], " s", f"{made:,} customers, wall")
        rounds = min(3, stage.sizes.rounds)
        async for line in _reports(database, f"{orders:,} orders", rounds, Goal(1.0, at_most=True)):
            yield line
        changed = await _change_some(database)
        async for line in _reports(database, f"{changed:,} books overtaken", rounds, None):
            yield line
        async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
            shelves = await learning.read(tx, tx.now)
    finally:
        await database.close()
    built = learning.learnt(shelves)
    for method, told in built.card["new"].items():
        rate = told["hit_rate"] or 0.0
        beside = f"{told['baskets']} baskets, MRR {number(told['mrr'] or 0.0)}, speaks: {built.bases['new']}"
        yield Line(f"hit rate of {method}", [rate], "", beside)
    log = read_log()
    facts = log.facts(len(set(log.customer)))
    told = coverage(facts, facts.orders.ts.max() - np.timedelta64(130, "D"), "mbg")
    beside = f"{told.bought:,} came back; fair: {number(told.fair_80)}; of 50 %: {number(told.inside_50)}"
    yield Line("next orders inside their window of 80 %", [told.inside_80], "", beside)


async def _reports(database: Database, of: str, rounds: int, goal: Goal | None) -> AsyncIterator[Line]:
    for name, (report, query) in _REPORTS.items():
        spent = [await _cpu_seconds(database, report, query) for _ in range(rounds)]
        yield Line(f"{name}, {of}", spent, " s", "CPU", goal)


async def _change_some(database: Database) -> int:
    """A minute of orders: these customers' books do not count until they are made anew."""
    async with database.begin(timeout=_LONG_SECONDS) as tx:
        await tx.connection.execute(_CHANGE)
        return int(await tx.connection.fetchval("SELECT count(DISTINCT customer_id) FROM order_change"))


async def _fill(url: str, orders: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_SEES_ALL)
        filling = _FILL.format(orders=orders, customers=max(orders // _EACH, 1))
        await connection.execute(filling, timeout=_LONG_SECONDS)
    finally:
        await connection.close()


async def _cpu_seconds(database: Database, report: Report, query: Any) -> float:
    async with database.begin(timeout=_LONG_SECONDS) as tx:
        process = await tx.connection.fetchval("SELECT pg_backend_pid()")
        before, own = _ticks(process), time.process_time()
        await report(tx, query, datetime.now(UTC))
        return (_ticks(process) - before) / 100 + time.process_time() - own


def _ticks(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
