"""Trying a tier policy: the numbers alone on a million customers, and the whole of it through the service."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from tools.bench.figures import Goal, Line, number
from tools.bench.stage import Stage

from scoring_svc.app import build
from scoring_svc.modelling.percentiles import Segments
from scoring_svc.modelling.policy import INPUTS, Policy, TierRule
from scoring_svc.modelling.tiers import NO_TIER, Pins, PreviousTiers
from scoring_svc.modelling.whatif import Situation, what_if
from scoring_svc.models.queries import Shelf
from scoring_svc.policies import queries as policies
from scoring_svc.runs.learning import learn_and_promote
from scoring_svc.settings import Settings
from scoring_svc.simulations import commands, domain
from scoring_svc.simulations.snapshot import freeze
from shared.db import Database
from shared.testing.services import running

_SEGMENTS = 150
_ORDERS = 6
_MILLION = 1_000_000


def situation(customers: int, *, segments: int = 0) -> Situation:
    """So many invented customers, each with a tier held, some inputs unknown of some."""
    chance = np.random.default_rng(1)
    inputs = {name: chance.gamma(2.0, 50.0, customers) for name in INPUTS}
    unasked = chance.integers(0, 2, customers) == 0
    inputs["satisfaction"] = np.where(unasked, np.nan, chance.integers(1, 6, customers))
    inputs["headroom"] = np.full(customers, np.nan)
    inputs["orders_52"] = chance.poisson(3, customers).astype(np.float64)
    held = chance.integers(0, 3, customers)
    never = np.full(customers, np.datetime64("NaT", "D"))
    labels = chance.integers(0, max(segments, 1), customers).astype("U6")
    return Situation(
        np.datetime64("2026-11-30", "D"),
        inputs,
        inputs["amount_52"],
        held,
        PreviousTiers(held, np.full(customers, np.datetime64("2026-01-01", "D"))),
        Pins(np.full(customers, NO_TIER), never),
        Segments.of(labels) if segments else None,
    )


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Seconds of CPU."""
    for segments in (0, _SEGMENTS):
        now, spent = situation(stage.sizes.tried, segments=segments), []
        for _ in range(stage.sizes.rounds):
            began = time.process_time()
            what_if(now, Policy(tiers=TierRule(core_from=85.0)))
            spent.append(time.process_time() - began)
        ranked = f"{segments} segments" if segments else "all together"
        goal = Goal(5, 3, at_most=True) if stage.sizes.tried >= _MILLION else None
        yield Line(f"what if, {stage.sizes.tried:,} customers, {ranked}", spent, " s", "CPU", goal)
    async for line in _whole(stage):
        yield line


async def _whole(stage: Stage) -> AsyncIterator[Line]:
    """Everything that simulating does: read in one state, computed, ranked, stored, summed."""
    urls = await stage.database("policies_bench", "scoring_svc")
    async with running(build, Settings, urls, worker=False) as service:
        database, shelf = service.database, Shelf()
        customers = await _fill(database, stage.sizes.simulated)
        await learn_and_promote(database, shelf)
        began, spent = time.perf_counter(), time.process_time()
        moved = await _simulated(database, shelf)
        cpu, wall = time.process_time() - spent, time.perf_counter() - began
    beside = f"CPU of ours; {number(wall)} s by the clock; {moved} customers move"
    yield Line(f"simulate, {customers:,} customers with {_ORDERS} orders each", [cpu], " s", beside)


async def _simulated(database: Database, shelf: Shelf) -> int:
    async def going(_done: int, _total: int) -> bool:
        return True

    policy = Policy(version=2, tiers=TierRule(core_from=85.0))
    frozen = await freeze(database, shelf, policy, going)
    if frozen is None:
        raise LookupError("nobody stopped it")
    found, told, simulation = what_if(frozen.situation, policy), commands.columns_of(frozen), UUID(int=1)
    async with database.begin(timeout=60) as tx:
        base = await policies.current(tx)
        row = {"version": 2, "document": policy.to_document(), "digest": policy.digest()}
        await commands.begin(
            tx, row, simulation_id=simulation, base_version=base.version, operation_id=None, by=None
        )
    for columns in commands.chunks(frozen, found, told):
        async with database.begin(timeout=60) as tx:
            await commands.store(tx, simulation, columns)
    async with database.begin(timeout=60) as tx:
        await commands.finish(tx, simulation, frozen, found, domain.summary(frozen.situation, found, told))
    return int((found.moved != 0).sum())


async def _fill(database: Database, customers: int) -> int:
    """Customers known and with orders of the last year, written by the database itself."""
    year_ago = datetime.now(UTC) - timedelta(days=364)
    async with database.begin(timeout=600) as tx:
        await tx.connection.execute(
            "INSERT INTO customer_ref (id, status, version, updated_at) "
            "SELECT md5('c' || n)::uuid, 'active', 1, now() FROM generate_series(1, $1::int) n",
            customers,
        )
        await tx.connection.execute(
            "INSERT INTO order_fact (order_id, customer_id, ordered_at, amount_minor, currency, is_return, "
            "voided) SELECT md5('o' || n || '/' || m)::uuid, md5('c' || n)::uuid, "
            "$2::timestamptz + ((n * 37 + m * 5303) % 31000000) * interval '1 s', "
            "(n % 977 + 1) * 100, 'CNY', false, false "
            "FROM generate_series(1, $1::int) n, generate_series(1, $3::int) m",
            *(customers, year_ago, _ORDERS),
        )
    return customers
