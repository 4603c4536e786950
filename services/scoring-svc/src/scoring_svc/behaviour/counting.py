"""Orders of a time counted every way that the report tells of them."""

import math
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from scoring_svc.bases import clocks
from scoring_svc.bases.bought import moment, place
from scoring_svc.bases.queries import Span
from scoring_svc.behaviour.domain import BUCKETS
from scoring_svc.books.domain import Numbers, Orders
from scoring_svc.facts.changes import micros

POINTS = (0.1, 0.25, 0.5, 0.75, 0.9)
_MOST_CATEGORIES = 50
_WEEK, _DAY, _HOUR_MICROS, _SECOND_MICROS = 168, 24, 3_600_000_000, 1_000_000
_FIRST = date(1970, 1, 1)
_THURSDAY = 72
"""Hours from a Monday's first to that of a Thursday, with which 1970 began."""


def parts(orders: Orders, months: Numbers, span: Span, timezone: str) -> dict[str, list[dict[str, Any]]]:
    """Orders and amounts by month (numbers from 1 on), weekday (Monday is 1), hour and channel, and all."""
    slot = (_hours(orders.at, span, timezone) + _THURSDAY) % _WEEK
    groups = {
        "month": months,
        "weekday": slot // _DAY + 1,
        "hour": slot % _DAY,
        "channel": orders.channel,
        "all": np.zeros(len(orders.at), dtype=np.int64),
    }
    found = {name: _sums(orders, numbers, name) for name, numbers in groups.items()}
    for row in found["channel"]:
        row["channel"] = orders.channels[row["channel"]]
    found["all"] = found["all"] or [{"all": 0, "orders": 0, "sold": 0.0, "returns": 0, "returned": 0.0}]
    return found


def _hours(at: Numbers, span: Span, timezone: str) -> Numbers:
    """What the clocks of the time zone show, in hours since those of 1970 showed its first."""
    set_at, before_utc = clocks.offsets(*span, timezone)
    offsets = np.array(before_utc) * _SECOND_MICROS
    local: Numbers = at + offsets.astype(np.int64)[place(at, set_at)]
    return local // _HOUR_MICROS


def _sums(orders: Orders, group: Numbers, name: str) -> list[dict[str, Any]]:
    among = int(group.max(initial=0)) + 1
    sale, back = ~orders.returned, orders.returned
    columns = {
        "orders": orders.count(group, among, sale),
        "sold": orders.total(group, among, orders.amount, sale),
        "returns": orders.count(group, among, back),
        "returned": orders.total(group, among, orders.amount, back),
    }
    there = np.flatnonzero(columns["orders"] + columns["returns"]).tolist()
    return [{name: each, **{key: values[each].item() for key, values in columns.items()}} for each in there]


def buyers(orders: Orders, months: Numbers, count: int) -> list[int]:
    """How many customers ordered in each of the months, which are numbers from 0 to `count`."""
    sale = ~orders.returned
    wide = count + 1
    pairs = np.sort(orders.customer[sale] * wide + months[sale])  # thrice as fast as `unique`
    first = np.diff(pairs, prepend=-1) > 0
    found: list[int] = np.bincount(pairs[first] % wide, minlength=wide).tolist()
    return found


def frequency(orders: Orders) -> list[tuple[int, float]]:
    """Customers, and what they ordered, by how many orders they had: one for each of `BUCKETS`."""
    sale = ~orders.returned
    counts = orders.count(orders.customer, orders.customers, sale)
    sold = orders.total(orders.customer, orders.customers, orders.amount, sale)
    bounds = [fewest for fewest, _ in BUCKETS]
    bucket = np.searchsorted(np.array(bounds), counts, side="right")
    customers = np.bincount(bucket, minlength=len(BUCKETS) + 1).tolist()
    amounts = np.bincount(bucket, weights=sold, minlength=len(BUCKETS) + 1).tolist()
    return list(zip(customers[1:], amounts[1:], strict=True))


def amounts(orders: Orders) -> list[float | None]:
    """The amounts of orders at `POINTS` of their order by size."""
    sizes = orders.amount[~orders.returned]
    if not len(sizes):
        return [None] * len(POINTS)
    places = [max(math.ceil(point * len(sizes)), 1) - 1 for point in POINTS]
    found: list[float | None] = np.partition(sizes, places)[places].tolist()
    return found


def products(orders: Orders) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How large baskets are, and what was ordered by category, that with the largest amount first."""
    lines = orders.lines
    if lines is None:
        raise ValueError("the lines were not read")
    sold = ~orders.returned[lines.order]
    category, among = lines.category[sold], len(lines.categories)
    quantity, amount = lines.quantity[sold], lines.amount[sold]
    columns = (
        np.bincount(category, minlength=among).tolist(),
        np.bincount(category, weights=quantity, minlength=among).tolist(),
        np.bincount(category, weights=amount, minlength=among).tolist(),
    )
    rows = [
        {"category": name, "lines": count, "quantity": pieces, "amount": worth}
        for name, count, pieces, worth in zip(lines.categories, *columns, strict=True)
        if count
    ]
    rows.sort(key=lambda row: (-row["amount"], -row["lines"], row["category"] is None, row["category"] or ""))
    whole = {
        "orders": int(np.count_nonzero(np.bincount(lines.order[sold]))),
        "lines": len(category),
        "quantity": float(quantity.sum()),
        "amount": float(amount.sum()),
    }
    return whole, rows[:_MOST_CATEGORIES]


def windows(orders: Orders, edges: tuple[datetime, datetime, datetime]) -> list[dict[str, float]]:
    """Orders and net amounts from the first edge to the second, and from there to the third."""
    first, second, third = (micros(edge) for edge in edges)
    found = []
    for since, until in ((first, second), (second, third)):
        inside = (orders.at >= since) & (orders.at < until)
        sale = inside & ~orders.returned
        found.append({"orders": int(sale.sum()), "net": float(orders.net[inside].sum())})
    return found


def days(orders: Orders, until: datetime, timezone: str) -> list[date]:
    """The local days on which there was an order before the end, ascending."""
    at = orders.at[~orders.returned & (orders.at < micros(until))]
    if not len(at):
        return []
    found = np.unique(_hours(at, (moment(int(at.min())), until), timezone) // _DAY)
    return [_FIRST + timedelta(days=number) for number in found.tolist()]
