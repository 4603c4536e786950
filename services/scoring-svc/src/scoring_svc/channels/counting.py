"""What each customer bought by each channel, counted by channel."""

from typing import Any

import numpy as np

from scoring_svc.bases.bought import within
from scoring_svc.bases.queries import Span
from scoring_svc.books.domain import Orders
from scoring_svc.facts.changes import micros


def by_channel(orders: Orders, span: Span) -> list[dict[str, Any]]:
    """A row for each channel with an order in the time, or a return; that with most orders first.

    `orders` are those of all time before its end, for who is new is known only so.
    """
    since, until = span
    sale, inside = ~orders.returned, within(orders, span)
    before = within(orders, (since - (until - since), since))
    wide = max(len(orders.channels), 1)
    pairs, pair = np.unique(orders.customer * wide + orders.channel, return_inverse=True)
    customer, channel = pairs // wide, pairs % wide
    bought = orders.count(pair, len(pairs), sale & inside) > 0
    first = np.full(len(pairs), np.iinfo(np.int64).max)
    np.minimum.at(first, pair[sale], orders.at[sale])
    used = orders.count(customer, orders.customers, bought)
    new = bought & (first >= micros(since))
    here = orders.channel
    figures: dict[str, Any] = {
        "customers": orders.count(channel, wide, bought),
        "new_customers": orders.count(channel, wide, new),
        "only_here": orders.count(channel, wide, bought & (used[customer] == 1)),
        "orders": orders.count(here, wide, sale & inside),
        "sold": orders.total(here, wide, orders.amount, sale & inside),
        "returns": orders.count(here, wide, orders.returned & inside),
        "returned": orders.total(here, wide, orders.amount, orders.returned & inside),
        "orders_before": orders.count(here, wide, sale & before),
        "net_before": orders.total(here, wide, orders.net, before),
    }
    rows = [
        {"channel": name, **{key: values[place].item() for key, values in figures.items()}}
        for place, name in enumerate(orders.channels)
    ]
    for row in rows:
        row["net"] = row["sold"] - row["returned"]
    found = [row for row in rows if row["orders"] or row["returns"]]
    return sorted(found, key=lambda row: (-row["orders"], row["channel"] is None, row["channel"]))
