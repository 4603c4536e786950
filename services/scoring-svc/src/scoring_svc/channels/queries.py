"""The statement behind the comparison: what each customer bought by each channel, counted by channel."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select

from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import change, mean_money, money, share
from scoring_svc.bases.schemas import BaseQuery
from shared.db import Reader, Record

_MOST = 100


async def channels(reader: Reader, query: BaseQuery, now: datetime) -> dict[str, Any]:
    """The channels by which customers in sight ordered in the time, that with the most orders first."""
    span = query.span(now)
    head = await bases.heading(reader, query, span)
    rows = await reader.rows(_statement(reader, query, span, head["currency"]))
    orders, net = bases.summed(rows, "orders"), bases.summed(rows, "net")
    told = [_told(row, head["currency"], orders, net) for row in rows]
    return {**head, "orders": orders, "amount": money(net, head["currency"]), "data": told}


def _told(row: Record, currency: str, orders: int, net: int) -> dict[str, Any]:
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


def _statement(reader: Reader, query: BaseQuery, span: tuple[datetime, datetime], currency: str) -> Any:
    """One row a customer and channel at once, over all time, for who is new is known only so."""
    since, until = span
    names = ("ordered_at", "is_return", "amount_minor", "channel")
    o = bases.orders(bases.customers(reader, query), query, (bases.EVER, until), currency, names).c
    sale, inside = ~o.is_return, o.ordered_at >= since
    before = and_(o.ordered_at < since, o.ordered_at >= since - (until - since))
    figures = {
        "orders": func.count().filter(sale, inside),
        "sold": func.sum(o.amount_minor).filter(sale, inside),
        "returns": func.count().filter(o.is_return, inside),
        "returned": func.sum(o.amount_minor).filter(o.is_return, inside),
        "orders_before": func.count().filter(sale, before),
        "net_before": func.sum(bases.signed(o)).filter(before),
        "first": func.min(o.ordered_at).filter(sale),
    }
    told = select(o.customer, o.channel, *(figure.label(name) for name, figure in figures.items()))
    each = told.group_by(o.customer, o.channel).cte("each")
    used = (
        select(each.c.customer, func.count().label("channels"))
        .where(each.c.orders > 0)
        .group_by(each.c.customer)
        .cte("used")
    )
    c, bought = each.c, each.c.orders > 0
    return (
        select(
            c.channel,
            func.count().filter(bought).label("customers"),
            func.count().filter(bought, c.first >= since).label("new_customers"),
            func.count().filter(bought, used.c.channels == 1).label("only_here"),
            *(_total(c[name]).label(name) for name in figures if name != "first"),
            (_total(c.sold) - _total(c.returned)).label("net"),
        )
        .select_from(each.outerjoin(used, used.c.customer == c.customer))
        .group_by(c.channel)
        .having(func.sum(case((bought, 1), else_=c.returns)) > 0)
        .order_by(func.sum(c.orders).desc(), c.channel)
        .limit(_MOST)
    )


def _total(column: Any) -> Any:
    return func.coalesce(func.sum(column), 0)
