"""The triangle: each cohort's periods from the first on, those that are not over yet being unknown."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from scoring_svc.bases.clocks import Period, first_day, number


def triangle(rows: Iterable[Mapping[str, Any]], period: Period, *, today: date) -> list[dict[str, Any]]:
    """Cohorts by segment, the oldest first; a cell for each period up to that of `today`.

    `rows` have `segment`, `first` and `then` (days in the periods), `buyers` and `net`. Cells of the period
    of `today`, which goes on, are None.
    """
    by_cohort: dict[tuple[str, int], dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        first, then = number(row["first"], period), number(row["then"], period)
        by_cohort[row["segment"] or "", first][then - first] = (row["buyers"], int(row["net"]))
    now = number(today, period)
    return [
        _cohort(segment, first, cells, period, now) for (segment, first), cells in sorted(by_cohort.items())
    ]


def _cohort(
    segment: str, first: int, found: Mapping[int, tuple[int, int]], period: Period, now: int
) -> dict[str, Any]:
    size = found[0][0]
    cells: list[dict[str, Any] | None] = []
    together = 0
    for age in range(now - first + 1):
        buyers, net = found.get(age, (0, 0))
        together += net
        over = first + age < now
        cells.append(
            {"age": age, "customers": buyers, "share": buyers / size, "net": net, "together": together}
            if over
            else None
        )
    return {
        "cohort": first_day(first, period),
        "segment": segment or None,
        "customers": size,
        "complete": first < now,
        "cells": cells,
    }


def retention(cohorts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By age: of the cohorts that have come to it, the share that bought, weighted by their customers."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for cohort in cohorts:
        for cell in cohort["cells"]:
            if cell is not None:
                sums = counts[cell["age"]]
                sums[0] += 1
                sums[1] += cell["customers"]
                sums[2] += cohort["customers"]
    return [
        {"age": age, "cohorts": seen, "share": buyers / size}
        for age, (seen, buyers, size) in sorted(counts.items())
    ]
