"""The channels of everybody in sight, told."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scoring_svc.bases import bought
from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import change, mean_money, money, share
from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.channels import counting
from scoring_svc.facts.changes import micros
from shared.db import Reader

_MOST = 100


async def channels(reader: Reader, query: BaseQuery, now: datetime) -> dict[str, Any]:
    """The channels by which customers in sight ordered in the time, that with the most orders first."""
    span = query.span(now)
    return await asyncio.to_thread(_report, await bought.read(reader, query, span))


def _report(read: bought.Bought) -> dict[str, Any]:
    head, orders = bought.sifted(read)
    rows = counting.by_channel(orders.where(orders.at < micros(read.span[1])), read.span)[:_MOST]
    count, net = bases.summed(rows, "orders"), bases.summed(rows, "net")
    told = [_told(row, read.currency, count, net) for row in rows]
    return {**head, "orders": count, "amount": money(net, read.currency), "data": told}


def _told(row: Mapping[str, Any], currency: str, orders: int, net: int) -> dict[str, Any]:
    return {
        "channel": row["channel"],
        "customers": row["customers"],
        "new_customers": row["new_customers"],
        "only_here": row["only_here"],
        "orders": row["orders"],
        "orders_share": share(row["orders"], orders),
        "orders_change": change(row["orders"], row["orders_before"]),
        "amount": money(row["net"], currency),
        "amount_share": share(float(row["net"]), net) if net > 0 else None,
        "amount_change": change(float(row["net"]), float(row["net_before"])),
        "mean_order": mean_money(row["sold"], row["orders"], currency),
        "returns": row["returns"],
        "return_share": share(float(row["returned"]), float(row["sold"])),
    }
