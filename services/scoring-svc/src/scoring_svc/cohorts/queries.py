"""The cohorts of everybody in sight, told."""

import asyncio
from datetime import datetime
from typing import Any

from scoring_svc.bases import bought, clocks
from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import money
from scoring_svc.cohorts import counting, domain
from scoring_svc.cohorts.schemas import CohortQuery
from shared.db import Reader

_MOST_GROUPS = 20
_PARTS = {"none": counting.everybody, "channel": counting.by_entry}


async def cohorts(reader: Reader, query: CohortQuery, now: datetime) -> dict[str, Any]:
    """The cohorts in sight whose first order lies in the time."""
    segment = query.group_by if query.group_by in bases.SEGMENTS else None
    read = await bought.read(reader, query, query.span(now), segment=segment)
    return await asyncio.to_thread(_report, read, query)


def _report(read: bought.Bought, query: CohortQuery) -> dict[str, Any]:
    head, orders = bought.sifted(read)
    days, edges = clocks.beginnings(*read.span, query.period, query.timezone)
    parts = _PARTS.get(query.group_by, counting.by_segment)(orders)
    rows = counting.periods(orders, parts, edges, read.span[1])
    told = [{**row, "first": days[row["first"] - 1], "then": days[row["then"] - 1]} for row in rows]
    found = domain.triangle(told, query.period, today=days[-1])
    kept = _largest(found)
    return {
        **head,
        "period": query.period,
        "group_by": query.group_by,
        "customers": bases.summed(kept, "customers"),
        "retention": domain.retention(kept),
        "cohorts": [_told(each, read.currency) for each in kept],
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
