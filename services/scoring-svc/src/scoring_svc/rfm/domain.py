"""The names by which salespeople know the parts of the grid of recency and frequency."""

from collections.abc import Mapping, Sequence
from typing import Any

QUINTILES = range(1, 6)
_NAMES: Mapping[int, Sequence[str]] = {
    5: ("new", "potential_loyalist", "potential_loyalist", "champion", "champion"),
    4: ("promising", "potential_loyalist", "potential_loyalist", "loyal", "loyal"),
    3: ("about_to_sleep", "about_to_sleep", "needs_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    1: ("lost", "hibernating", "at_risk", "at_risk", "cannot_lose"),
}


def name_of(recency: int, frequency: int) -> str:
    """What customers of these quintiles (5 is best) are commonly called; the amount has no say in it."""
    return _NAMES[recency][frequency - 1]


def grid(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[int, int], dict[str, Any]]:
    """All 25 cells by (recency, frequency): customers, net amount, and customers by quintile of the amount.

    `rows` have `r`, `f`, `m`, `customers` and `net`, one for each triple of quintiles that somebody is in.
    """
    cells: dict[tuple[int, int], dict[str, Any]] = {
        (r, f): {"customers": 0, "net": 0, "by_amount": [0] * len(QUINTILES)}
        for r in reversed(QUINTILES)
        for f in reversed(QUINTILES)
    }
    for row in rows:
        cell = cells[row["r"], row["f"]]
        cell["customers"] += row["customers"]
        cell["net"] += row["net"]
        cell["by_amount"][row["m"] - 1] += row["customers"]
    return cells


def bounds(rows: Sequence[Mapping[str, Any]], axis: str, low: str, high: str) -> list[dict[str, Any]]:
    """Of each quintile on an axis that somebody is in, best first: from where to where its values reach."""
    found: list[dict[str, Any]] = []
    for quintile in reversed(QUINTILES):
        there = [row for row in rows if row[axis] == quintile]
        if there:
            found.append(
                {
                    "score": quintile,
                    "customers": sum(row["customers"] for row in there),
                    "lowest": min(row[low] for row in there),
                    "highest": max(row[high] for row in there),
                }
            )
    return found
