"""The statement behind the grid: each customer's three figures, ranked, counted by their quintiles."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, cast, func, literal, select

from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import mean_money, money, share
from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.rfm import domain
from shared.db import Reader

_DAY = 86_400


async def rfm(reader: Reader, query: BaseQuery, now: datetime) -> dict[str, Any]:
    """The grid over everybody in sight who ordered in the time; recency is counted to its end."""
    span = query.span(now)
    head = await bases.heading(reader, query, span)
    currency = head["currency"]
    rows = [dict(row) for row in await reader.rows(_statement(reader, query, span, currency))]
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
    until = span[1]
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


def _statement(reader: Reader, query: BaseQuery, span: tuple[datetime, datetime], currency: str) -> Any:
    names = ("ordered_at", "is_return", "amount_minor")
    there = bases.orders(bases.customers(reader, query), query, span, currency, names)
    sale = ~there.c.is_return
    each = (
        select(
            func.max(there.c.ordered_at).filter(sale).label("last"),
            func.count().filter(sale).label("orders"),
            func.sum(bases.signed(there.c)).label("net"),
        )
        .group_by(there.c.customer)
        .having(func.count().filter(sale) > 0)
        .subquery("each")
    )
    ranked = select(each, *(_quintile(each.c[name]).label(axis) for axis, name in _AXES.items())).subquery(
        "ranked"
    )
    c = ranked.c
    return select(
        c.r,
        c.f,
        c.m,
        func.count().label("customers"),
        func.sum(c.net).label("net"),
        func.min(c.last).label("last_oldest"),
        func.max(c.last).label("last_newest"),
        func.min(c.orders).label("fewest"),
        func.max(c.orders).label("most"),
        func.min(c.net).label("least"),
        func.max(c.net).label("largest"),
    ).group_by(c.r, c.f, c.m)


_AXES = {"r": "last", "f": "orders", "m": "net"}


def _quintile(column: Any) -> Any:
    """From 1 (worst) to 5 by the share of customers who are worse; who are alike are never parted."""
    worse = func.percent_rank().over(order_by=column)
    return cast(func.least(literal(5), 1 + func.floor(5 * worse)), Integer)
