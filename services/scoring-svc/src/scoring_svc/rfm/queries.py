"""The grid over everybody in sight: each customer's three figures, by their quintiles."""

import asyncio
from datetime import datetime
from typing import Any

from scoring_svc.bases import bought
from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import mean_money, money, share
from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.rfm import counting, domain
from shared.db import Reader

_DAY = 86_400


async def rfm(reader: Reader, query: BaseQuery, now: datetime) -> dict[str, Any]:
    """The grid over everybody in sight who ordered in the time; recency is counted to its end."""
    span = query.span(now)
    return await asyncio.to_thread(_report, await bought.read(reader, query, span))


def _report(read: bought.Bought) -> dict[str, Any]:
    head, orders = bought.sifted(read)
    currency = read.currency
    rows = counting.cells(orders.where(bought.within(orders, read.span)))
    customers, net = bases.summed(rows, "customers"), bases.summed(rows, "net")
    cells = [
        {
            "recency": r,
            "frequency": f,
            "segment": domain.name_of(r, f),
            "customers": cell["customers"],
            "share": share(cell["customers"], customers),
            "amount": money(cell["net"], currency),
            "amount_share": share(cell["net"], net) if net > 0 else None,
            "mean_amount": mean_money(cell["net"], cell["customers"], currency),
            "by_amount": cell["by_amount"],
        }
        for (r, f), cell in domain.grid(rows).items()
    ]
    until = read.span[1]
    for row in rows:
        row["nearest"] = (until - row["last_newest"]).total_seconds() / _DAY
        row["farthest"] = (until - row["last_oldest"]).total_seconds() / _DAY
    return {
        **head,
        "customers": customers,
        "amount": money(net, currency),
        "recency_days": domain.bounds(rows, "r", "nearest", "farthest"),
        "frequency_orders": domain.bounds(rows, "f", "fewest", "most"),
        "amount_minor": domain.bounds(rows, "m", "least", "largest"),
        "cells": cells,
    }
