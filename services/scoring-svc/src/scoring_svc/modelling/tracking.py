"""The tracking curve: orders that were expected in each week after an origin, beside those that came."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.origins import Origin
from scoring_svc.modelling.purchase import PurchaseModel

MOST_TRACKED = 5_000


def curve(origin: Origin, purchase: PurchaseModel) -> list[dict[str, Any]]:
    """By week after the origin: `expected` and `actual` order days of its customers, and both summed up.

    Above 5,000 customers every n-th stands for the others, on both sides.
    """
    step = max(-(-len(origin.known) // MOST_TRACKED), 1)
    chosen = np.arange(0, len(origin.known), step)
    weeks = max(int(origin.horizon), 1)
    scale = len(origin.known) / max(len(chosen), 1)
    expected = scale * _expected(origin, purchase, chosen, weeks)
    actual = scale * _actual(origin, step, weeks)
    together = zip(expected, np.cumsum(expected), actual, np.cumsum(actual), strict=True)
    return [
        {
            "week": week,
            "expected": float(due),
            "actual": float(came),
            "expected_so_far": float(due_so_far),
            "actual_so_far": float(came_so_far),
        }
        for week, (due, due_so_far, came, came_so_far) in enumerate(together, start=1)
    ]


def _expected(origin: Origin, purchase: PurchaseModel, chosen: Any, weeks: int) -> Floats:
    seen = origin.seen.at(chosen)
    so_far = np.array([purchase.expected_orders(seen, float(week)).sum() for week in range(1, weeks + 1)])
    return np.diff(so_far, prepend=0.0)


def _actual(origin: Origin, step: int, weeks: int) -> Floats:
    week = origin.order_week[origin.order_of % step == 0]
    return np.bincount(week[week < weeks], minlength=weeks).astype(np.float64)
