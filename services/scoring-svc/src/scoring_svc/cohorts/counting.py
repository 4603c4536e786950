"""Who bought in which period, by the period of the first order ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from scoring_svc.bases.bought import place
from scoring_svc.books.domain import Numbers, Orders
from scoring_svc.facts.changes import micros

Parts = tuple[Numbers, list[str]]


def periods(orders: Orders, parts: Parts, edges: Sequence[datetime], until: datetime) -> list[dict[str, Any]]:
    """Buyers and net amounts by segment, period of the first order and period.

    Periods are numbers from 1 on by their beginnings; who first ordered before these, in 0, is in no cohort.
    """
    segment, names = parts
    read = orders.where(orders.at < micros(until))
    wide = len(edges) + 1
    cells, cell = np.unique(read.customer * wide + place(read.at, edges), return_inverse=True)
    customer, then = cells // wide, cells % wide
    bought = read.count(cell, len(cells), ~read.returned) > 0
    net = read.total(cell, len(cells), read.net)
    first = np.full(orders.customers, wide)
    np.minimum.at(first, customer[bought], then[bought])
    began = first[customer]
    kept = (began > 0) & (began < wide) & (then >= began)
    key = (segment[customer[kept]] * wide + began[kept]) * wide + then[kept]
    groups, group = np.unique(key, return_inverse=True)
    buyers = np.bincount(group, weights=bought[kept], minlength=len(groups))
    sums = np.bincount(group, weights=net[kept], minlength=len(groups))
    return [
        {
            "segment": names[each // wide // wide],
            "first": each // wide % wide,
            "then": each % wide,
            "buyers": int(buyers[row]),
            "net": float(sums[row]),
        }
        for row, each in enumerate(groups.tolist())
    ]


def everybody(orders: Orders) -> Parts:
    """All customers in one segment."""
    return np.zeros(orders.customers, dtype=np.int64), [""]


def by_segment(orders: Orders) -> Parts:
    """The segments that were read with the customers; that of a customer who keeps others' orders is one."""
    names = sorted(set(orders.segments or ()))
    places = {name: number for number, name in enumerate(names)}
    return np.array([places[name] for name in orders.segments or ()], dtype=np.int64), names


def by_entry(orders: Orders) -> Parts:
    """By which channel each customer ordered first; of two at one moment the alphabet's first."""
    alphabet = sorted({name or "" for name in orders.channels})
    rank = np.array([alphabet.index(name or "") for name in orders.channels], dtype=np.int64)
    nowhere = len(alphabet)
    # Who told of no channel comes after who told of one.
    late = np.array([nowhere if name is None else rank[place] for place, name in enumerate(orders.channels)])
    sale = ~orders.returned
    customer, at, channel = (
        orders.customer[sale],
        orders.at[sale],
        late[orders.channel[sale]].astype(np.int64),
    )
    order = np.lexsort((channel, at, customer))
    who, start = np.unique(customer[order], return_index=True)
    entry = np.full(orders.customers, nowhere, dtype=np.int64)
    entry[who] = channel[order][start]
    return entry, [*alphabet, ""]
