"""Each customer's three figures, ranked, counted by their quintiles."""

from typing import Any

import numpy as np

from scoring_svc.bases.bought import moment
from scoring_svc.books.domain import Orders

_QUINTILES = 5


def cells(orders: Orders) -> list[dict[str, Any]]:
    """A row for each combination of quintiles (r, f, m) that somebody has; of those with an order alone."""
    among = orders.customers
    sale = ~orders.returned
    bought = orders.count(orders.customer, among, sale)
    last = np.full(among, np.iinfo(np.int64).min)
    np.maximum.at(last, orders.customer[sale], orders.at[sale])
    net = orders.total(orders.customer, among, orders.net)
    chosen = bought > 0
    figures = {"last": last[chosen], "orders": bought[chosen], "net": net[chosen]}
    r, f, m = (_quintile(values) for values in figures.values())
    key = (r * 10 + f) * 10 + m
    order = np.argsort(key, kind="stable")
    names, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
    if not len(names):
        return []
    sums = np.add.reduceat(figures["net"][order], starts)
    lows, highs = (
        {name: each.reduceat(values[order], starts).tolist() for name, values in figures.items()}
        for each in (np.minimum, np.maximum)
    )
    return [
        {
            "r": name // 100,
            "f": name // 10 % 10,
            "m": name % 10,
            "customers": counts[cell],
            "net": sums[cell],
            "last_oldest": moment(lows["last"][cell]),
            "last_newest": moment(highs["last"][cell]),
            "fewest": lows["orders"][cell],
            "most": highs["orders"][cell],
            "least": lows["net"][cell],
            "largest": highs["net"][cell],
        }
        for cell, name in enumerate(names.tolist())
    ]


def _quintile(values: Any) -> Any:
    """From 1 (worst) to 5 by the share of customers who are worse; who are alike are never parted."""
    worse = np.searchsorted(np.sort(values), values, side="left")
    return np.minimum(_QUINTILES, 1 + _QUINTILES * worse // max(len(values) - 1, 1))
