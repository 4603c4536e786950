"""A large base in bulk: from Parquet in a process of its own, and from PostgreSQL with the rate."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tools.bench.figures import Goal, Line, number
from tools.bench.stage import Stage

from scoring_svc.app import build
from scoring_svc.models.queries import Shelf
from scoring_svc.runs import commands, learning
from scoring_svc.runs.snapshots import snapshot
from scoring_svc.settings import Settings
from shared.db import Database
from shared.testing.services import running

_WALL, _CPU, _GB = Goal(60, at_most=True), Goal(100, at_most=True), Goal(2, at_most=True)
_SECONDS = 600
_STEPS = {
    "cutting": "Parquet cut into buckets",
    "learning": "features, a model, ranks",
    "scoring": "scores, written to Parquet",
}
_ORDERS = """
INSERT INTO order_fact (order_id, customer_id, ordered_at, amount_minor, currency, is_return, voided)
SELECT gen_random_uuid(), md5(floor(power(random(), 1.5) * $1)::text)::uuid,
       now() - random() * interval '728 days', (exp(random() * 4) * 1000)::bigint, 'CNY', random() < .05,
       false
FROM generate_series(1, $2::int)
"""


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Wall and CPU seconds and peak memory."""
    told = await asyncio.to_thread(_from_parquet, stage)
    size = f"{stage.sizes.bulk:,} customers, {stage.sizes.bulk_orders:,} orders"
    for step, name in _STEPS.items():
        yield Line(name, [told[step]["cpu"]], " s", f"CPU; {number(told[step]['wall'])} s wall")
    yield Line("all of it, CPU", [told["all"]["cpu"]], " s", size, _CPU)
    yield Line("all of it, wall", [told["all"]["wall"]], " s", f"{told['worded']:,} put into words", _WALL)
    yield Line("all of it, peak memory", [told["gb"]], " GB", "", _GB)
    async for line in _from_postgres(stage):
        yield line


def _from_parquet(stage: Stage) -> dict[str, Any]:
    """What the process says of itself: its memory is nobody else's."""
    folder = stage.folder / "bulk"
    folder.mkdir()
    sizes = [str(stage.sizes.bulk), str(stage.sizes.bulk_orders)]
    command = [sys.executable, "-m", "tools.bench.bulked", str(folder), *sizes]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def _from_postgres(stage: Stage) -> AsyncIterator[Line]:
    customers, orders = stage.sizes.bulk_stored, stage.sizes.bulk_stored * 20
    urls = await stage.database("scoring_bulk_bench", "scoring_svc")
    async with running(build, Settings, urls, worker=False) as service:
        async with service.database.begin(timeout=_SECONDS) as tx:
            await tx.connection.execute(_ORDERS, customers, orders, timeout=_SECONDS)
        first = await _run(service.database, learn=True)
        again = await _run(service.database, learn=False)
    size = f"{customers:,} customers, {orders:,} orders"
    yield Line(
        "from PostgreSQL, learnt and all written", [first], " s", f"{size}: {number(customers / first)}/s"
    )
    yield Line("from PostgreSQL, what moved written", [again], " s", f"{number(customers / again)}/s")


async def _run(database: Database, *, learn: bool) -> float:
    began, shelf = time.perf_counter(), Shelf()
    async with snapshot(database, large=0) as taken:
        champion = await (
            learning.learn_and_promote(database, shelf, taken=taken)
            if learn
            else learning.require_champion(database, shelf)
        )
        await commands.sweep(database, champion, cause="daily", learnt=learn, progress=_on, taken=taken)
    return time.perf_counter() - began


async def _on(_done: int, _total: int) -> bool:
    return True
