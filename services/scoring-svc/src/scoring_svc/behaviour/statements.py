"""The statements behind the report, each one look at the orders of the time."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, Double, case, cast, func, literal, literal_column, select

from scoring_svc.bases import clocks
from scoring_svc.bases import queries as bases
from scoring_svc.bases.queries import Base, Span
from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.behaviour.domain import BUCKETS

POINTS = (0.1, 0.25, 0.5, 0.75, 0.9)
_MOST_CATEGORIES = 50
_SETS = {"month": 0b0111, "weekday": 0b1011, "hour": 0b1101, "channel": 0b1110, "all": 0b1111}
"""What GROUPING answers for each set: a bit for each name that is not grouped by."""
_WEEK = 168


def times(base: Base, query: BaseQuery, span: Span, currency: str) -> Any:
    """Orders and amounts by month, weekday, hour and channel, and altogether; see `grouped_by`.

    Months are numbers from 1 on, as `clocks.beginnings` tells them. Orders are first counted by the hour of
    the week, from Monday's first on; 1970 began with a Thursday.
    """
    o = bases.orders(base, query, span, currency, ("ordered_at", "is_return", "amount_minor", "channel")).c
    _, edges = clocks.beginnings(*span, "month", query.timezone)
    hours = cast(func.floor(_seconds(o.ordered_at, query, span) / 3600), BigInteger)
    slot = ((hours + 72) % _WEEK + _WEEK) % _WEEK
    groups = (bases.place(o.ordered_at, edges).label("month"), slot.label("slot"), o.channel)
    placed = select(*groups, *_figures(o)).group_by(literal_column("1"), literal_column("2"), o.channel)
    c = placed.cte("placed").prefix_with("MATERIALIZED").c
    names = (
        c.month,
        (c.slot // 24 + 1).label("weekday"),
        (c.slot % 24).label("hour"),
        c.channel,
    )
    each = select(*names, *(c[name] for name in FIGURES)).subquery("each").c
    by = (each.month, each.weekday, each.hour, each.channel)
    return select(
        func.grouping(*by).label("by"),
        *by,
        *(func.coalesce(func.sum(each[name]), 0).label(name) for name in FIGURES),
    ).group_by(func.grouping_sets(*by, literal_column("()")))


def _seconds(moment: Any, query: BaseQuery, span: Span) -> Any:
    """What the clocks of the time zone show, in seconds since those of 1970."""
    set_at, before_utc = clocks.offsets(*span, query.timezone)
    last = literal(before_utc[-1], Double)
    parts = [(moment < at, offset) for at, offset in zip(set_at, before_utc, strict=False)]
    offset = case(*parts, else_=last) if parts else last
    return func.date_part("epoch", moment, type_=Double) + offset


FIGURES = ("orders", "sold", "returns", "returned")


def _figures(o: Any) -> list[Any]:
    sale, back = ~o.is_return, o.is_return
    return [
        func.count().filter(sale).label("orders"),
        func.sum(o.amount_minor).filter(sale).label("sold"),
        func.count().filter(back).label("returns"),
        func.sum(o.amount_minor).filter(back).label("returned"),
    ]


def grouped_by(row: Any) -> str:
    """By what a row of `times` is grouped."""
    return next(name for name, bits in _SETS.items() if bits == row["by"])


def customers(base: Base, query: BaseQuery, span: Span, currency: str) -> Any:
    """How many customers ordered: by month, by how many orders they had, and altogether."""
    o = bases.orders(base, query, span, currency, ("ordered_at", "is_return", "amount_minor")).c
    _, edges = clocks.beginnings(*span, "month", query.timezone)
    month = bases.place(o.ordered_at, edges).label("month")
    sums = (func.count().label("orders"), func.sum(o.amount_minor).label("sold"))
    sold = select(o.customer, month, *sums).where(~o.is_return)
    monthly = sold.group_by(o.customer, literal_column("2")).cte("monthly")
    each = (
        select(func.sum(monthly.c.orders).label("orders"), func.sum(monthly.c.sold).label("sold"))
        .group_by(monthly.c.customer)
        .subquery("each")
    )
    none: Any = literal_column("NULL::int").label("month")
    by_month = select(
        monthly.c.month,
        literal_column("NULL::int").label("bucket"),
        func.count().label("customers"),
        func.sum(monthly.c.sold).label("sold"),
    ).group_by(monthly.c.month)
    by_count = select(
        none,
        _bucket(each.c.orders).label("bucket"),
        func.count().label("customers"),
        func.sum(each.c.sold).label("sold"),
    ).group_by(literal_column("2"))
    return by_month.union_all(by_count)


def _bucket(orders: Any) -> Any:
    return case(
        *((orders <= last, place) for place, (_, last) in enumerate(BUCKETS) if last is not None),
        else_=len(BUCKETS) - 1,
    )


def amounts(base: Base, query: BaseQuery, span: Span, currency: str) -> Any:
    """The amounts of orders at `POINTS` of their order by size."""
    o = bases.orders(base, query, span, currency, ("is_return", "amount_minor")).c
    at = func.percentile_disc(literal(list(POINTS), ARRAY(Double))).within_group(o.amount_minor)
    return select(at.label("points")).where(~o.is_return)


def products(base: Base, query: BaseQuery, span: Span, currency: str) -> Any:
    """What was ordered by category, and in the row `all` how large baskets are.

    An order's lines are numbered from 1 on.
    """
    o = bases.orders(base, query, span, currency, ("order_id", "is_return")).c
    told = select(o.order_id).where(~o.is_return).cte("told")
    line = bases.lines(base)
    first = func.count().filter(line.c.position == 1).label("orders")
    sums = [
        func.count().label("lines"),
        func.coalesce(func.sum(line.c.quantity), 0).label("quantity"),
        func.coalesce(func.sum(line.c.amount_minor), 0).label("amount"),
    ]
    each = (
        select(line.c.category, func.grouping(line.c.category).label("all"), first, *sums)
        .join_from(line, told, told.c.order_id == line.c.order_id)
        .group_by(func.grouping_sets(line.c.category, literal_column("()")))
        .subquery("each")
    )
    order = (each.c.all.desc(), each.c.amount.desc(), each.c.lines.desc(), each.c.category)
    return select(each).order_by(*order).limit(_MOST_CATEGORIES + 1)


def days(base: Base, query: BaseQuery, currency: str, until: datetime) -> Any:
    """The local days on which there was an order, ascending."""
    o = bases.orders(base, query, (bases.EVER, until), currency, ("ordered_at", "is_return")).c
    day = cast(bases.local(query, o.ordered_at), Date).label("day")
    return select(day).where(~o.is_return).distinct().order_by("day")


def windows(base: Base, query: BaseQuery, currency: str, edges: tuple[datetime, datetime, datetime]) -> Any:
    """Orders and net amounts from the first edge to the second (`before`), and to the third (`now`)."""
    names = ("ordered_at", "is_return", "amount_minor")
    o = bases.orders(base, query, (edges[0], edges[2]), currency, names).c
    orders = func.count().filter(~o.is_return).label("orders")
    now = (o.ordered_at >= edges[1]).label("now")
    return select(now, orders, func.sum(bases.signed(o)).label("net")).group_by(literal_column("1"))
