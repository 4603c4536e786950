"""The statement behind the triangle: who bought in which period, by the period of the first order ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, case, func, literal_column, select

from scoring_svc.bases import clocks
from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import money
from scoring_svc.cohorts import domain
from scoring_svc.cohorts.schemas import CohortQuery
from shared.db import Reader

_MOST_GROUPS = 20


async def cohorts(reader: Reader, query: CohortQuery, now: datetime) -> dict[str, Any]:
    """The cohorts in sight whose first order lies in the time."""
    span = query.span(now)
    head = await bases.heading(reader, query, span)
    days, edges = clocks.beginnings(*span, query.period, query.timezone)
    rows = await reader.rows(_statement(reader, query, head["currency"], (edges, span[1])))
    told = [{**dict(row), "first": days[row["first"] - 1], "then": days[row["then"] - 1]} for row in rows]
    found = domain.triangle(told, query.period, today=days[-1])
    kept = _largest(found)
    return {
        **head,
        "period": query.period,
        "group_by": query.group_by,
        "customers": bases.summed(kept, "customers"),
        "retention": domain.retention(kept),
        "cohorts": [_told(each, head["currency"]) for each in kept],
    }


def _largest(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cohorts of the segments with most customers."""
    sizes: dict[str | None, int] = {}
    for each in found:
        sizes[each["segment"]] = sizes.get(each["segment"], 0) + each["customers"]
    chosen = sorted(sizes, key=lambda name: (-sizes[name], name or ""))[:_MOST_GROUPS]
    return [each for each in found if each["segment"] in chosen]


def _told(cohort: dict[str, Any], currency: str) -> dict[str, Any]:
    size = cohort["customers"]
    cells = [
        None
        if cell is None
        else {
            "customers": cell["customers"],
            "share": cell["share"],
            "value_per_customer": money(cell["net"] / size, currency),
            "value_so_far": money(cell["together"] / size, currency),
        }
        for cell in cohort["cells"]
    ]
    return {**cohort, "cells": cells}


def _statement(
    reader: Reader, query: CohortQuery, currency: str, times: tuple[Sequence[datetime], datetime]
) -> Any:
    """Orders become one row a customer and period at once; all that follows looks at those alone.

    Periods are numbers from 1 on by their beginnings; who first ordered before these, in 0, is in no cohort.
    """
    edges, until = times
    segment = query.group_by if query.group_by in bases.SEGMENTS else None
    base = bases.customers(reader, query, segment=segment)
    names = ("ordered_at", "is_return", "amount_minor")
    read = bases.orders(base, query, (bases.EVER, until), currency, names)
    o = read.c
    named = [o.segment] if segment else []
    told = select(
        o.customer,
        bases.place(o.ordered_at, edges).label("then"),
        func.count().filter(~o.is_return).label("sales"),
        func.sum(bases.signed(o)).label("net"),
        *named,
    )
    periods = told.group_by(o.customer, literal_column("2"), *named).cte("periods")
    p = periods.c
    firsts = (
        select(p.customer, func.min(p.then).label("first"))
        .where(p.sales > 0)
        .group_by(p.customer)
        .cte("firsts")
    )
    grouped: Any = p.segment if segment else literal_column("''", Text)
    source = periods.join(firsts, firsts.c.customer == p.customer)
    if query.group_by == "channel":
        entry = _entries(base, query, currency)
        grouped = func.coalesce(entry.c.channel, "")
        source = source.join(entry, entry.c.customer == p.customer)
    bought = case((p.sales > 0, 1))
    return (
        select(
            grouped.label("segment"),
            firsts.c.first,
            p.then,
            func.count(bought).label("buyers"),
            func.sum(p.net).label("net"),
        )
        .select_from(source)
        .where(firsts.c.first > 0, p.then >= firsts.c.first)
        .group_by(literal_column("1"), firsts.c.first, p.then)
    )


def _entries(base: bases.Base, query: CohortQuery, currency: str) -> Any:
    """By which channel each customer ordered first; of two at one moment the alphabet's first."""
    names = ("ordered_at", "is_return", "channel")
    o = bases.orders(base, query, None, currency, names, to="entry").c
    sold = select(o.customer, o.ordered_at, o.channel).where(~o.is_return).cte("sold")
    opened = (
        select(sold.c.customer, func.min(sold.c.ordered_at).label("at"))
        .group_by(sold.c.customer)
        .cte("opened")
    )
    return (
        select(sold.c.customer, func.min(sold.c.channel).label("channel"))
        .join(opened, and_(opened.c.customer == sold.c.customer, opened.c.at == sold.c.ordered_at))
        .group_by(sold.c.customer)
        .cte("entries")
    )
