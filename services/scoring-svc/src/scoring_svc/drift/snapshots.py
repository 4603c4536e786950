"""Scores kept each week until their horizon closes, and what became of them then."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ARRAY, Date, Uuid, bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.drift import queries
from scoring_svc.drift.domain import KEPT, SAMPLE
from scoring_svc.drift.tables import ScoreSnapshot
from scoring_svc.facts import queries as facts
from scoring_svc.modelling.facts import Facts, Floats, Times
from scoring_svc.scores.domain import instant
from shared.db import Record, Tx, prepare
from shared.jobs import JobContext

AT_ONCE = 500
_T: Any = ScoreSnapshot.__table__  # type: ignore[attr-defined]
_KEEP = prepare(insert(_T).on_conflict_do_nothing(), *_T.c.keys())
_SETTLE = prepare(
    update(_T).where(_T.c.customer_id == bindparam("b_customer"), _T.c.taken_on == bindparam("b_day")),
    "orders",
)
_DROP = prepare(delete(_T).where(_T.c.customer_id == func.any(bindparam("b_gone", type_=ARRAY(Uuid)))))
_FORGET = prepare(delete(_T).where(_T.c.taken_on < bindparam("b_before", type_=Date)))


async def keep(tx: Tx) -> int:
    """Keep a sample of the scores once a week; how many."""
    today = tx.now.date()
    last = await queries.last_snapshot(tx)
    if last is not None and _week(last) == _week(today):
        return 0
    rows = await queries.sample(tx, week=_week(today), most=SAMPLE)
    await tx.run_many(_KEEP, [_kept(row, today) for row in rows])
    return len(rows)


def _week(day: date) -> str:
    return "{}-{}".format(*day.isocalendar()[:2])


def _kept(row: Record, today: date) -> dict[str, Any]:
    return {
        "customer_id": row["customer_id"],
        "taken_on": today,
        "taken_at": row["scored_at"],
        "matures_at": row["scored_at"] + timedelta(weeks=row["horizon_weeks"]),
        "model_id": row["model_id"],
        "horizon_weeks": row["horizon_weeks"],
        "probability": row["churn_probability"],
        "expected_orders": row["expected_purchases"],
        "orders": None,
    }


async def settle(job: JobContext, *, currency: str) -> int:
    """Look what became of the scores whose horizon has closed, in steps; how many.

    A customer who was merged into another one since is left out: its orders are another's now. What is older
    than two years is forgotten.
    """
    async with job.begin() as tx:
        await tx.run(_DROP, b_gone=list(await queries.merged(tx)))
        await tx.run(_FORGET, b_before=tx.now.date() - KEPT)
    total, full = 0, True
    while full:
        async with job.begin() as tx:
            rows = await queries.ripe(tx, AT_ONCE)
            await _settle(tx, rows, currency)
        total, full = total + len(rows), len(rows) == AT_ONCE
    return total


async def _settle(tx: Tx, rows: Sequence[Record], currency: str) -> None:
    if not rows:
        return
    customers = sorted({row["customer_id"] for row in rows})
    place = {customer: index for index, customer in enumerate(customers)}
    known = await facts.facts_of(tx, customers, currency=currency)
    orders = followed(
        known,
        np.array([place[row["customer_id"]] for row in rows]),
        np.array([instant(row["taken_at"]) for row in rows]),
        np.array([instant(row["matures_at"]) for row in rows]),
    )
    changes = [
        {"b_customer": row["customer_id"], "b_day": row["taken_on"], "orders": float(count)}
        for row, count in zip(rows, orders, strict=True)
    ]
    await tx.run_many(_SETTLE, changes)


def followed(known: Facts, who: Any, after: Times, until: Times) -> Floats:
    """Days with an order of each of these customers (indexes into `known`) between two moments."""
    sold = known.orders.rows(~known.orders.is_return)
    counts = np.zeros(len(who))
    for place, customer in enumerate(who):
        low, high = np.searchsorted(sold.customer, [customer, customer + 1])
        ts = sold.ts[low:high]
        days = ts[(ts > after[place]) & (ts <= until[place])].astype("datetime64[D]")
        counts[place] = len(np.unique(days))
    return counts
