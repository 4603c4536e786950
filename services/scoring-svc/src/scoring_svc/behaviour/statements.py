"""The statements behind the report, each one look at the orders of the time."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Date, Double, Integer, Text, case, cast, func, literal, literal_column, select

from scoring_svc.bases import queries as bases
from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.behaviour.domain import BUCKETS

Span = tuple[datetime, datetime]
POINTS = (0.1, 0.25, 0.5, 0.75, 0.9)
_MOST_CATEGORIES = 50
_SETS = {"month": 0b0111, "weekday": 0b1011, "hour": 0b1101, "channel": 0b1110, "all": 0b1111}
"""What GROUPING answers for each set: a bit for each name that is not grouped by."""
_QUARTER = "15 minutes"


def times(base: Any, query: BaseQuery, span: Span, currency: str) -> Any:
    """Orders and amounts by month, weekday, hour and channel, and altogether; `by` says which (see `sets`).

    All clocks of the world go by quarters of an hour: orders are counted by these first.
    """
    o = bases.O
    tick = func.date_bin(
        literal_column(f"'{_QUARTER}'::interval"), o.c.ordered_at, literal_column("'epoch'::timestamptz")
    )
    told = bases.orders(base, query, span, currency, tick.label("tick"), o.c.channel, *_figures())
    ticks = told.with_only_columns(*list(told.selected_columns)[1:]).group_by(
        literal_column("1"), o.c.channel
    )
    each = ticks.subquery("ticks")
    local = func.timezone(literal(query.timezone, Text), each.c.tick)
    placed = select(
        cast(func.date_trunc("month", local), Date).label("month"),
        cast(func.date_part("isodow", local), Integer).label("weekday"),
        cast(func.date_part("hour", local), Integer).label("hour"),
        each.c.channel,
        *(each.c[name] for name in FIGURES),
    ).subquery("placed")
    c = placed.c
    names = (c.month, c.weekday, c.hour, c.channel)
    return select(
        func.grouping(*names).label("by"),
        *names,
        *(func.coalesce(func.sum(c[name]), 0).label(name) for name in FIGURES),
    ).group_by(func.grouping_sets(*names, literal_column("()")))


FIGURES = ("orders", "sold", "returns", "returned")


def _figures() -> list[Any]:
    o = bases.O
    sale, back = ~o.c.is_return, o.c.is_return
    return [
        func.count().filter(sale).label("orders"),
        func.sum(o.c.amount_minor).filter(sale).label("sold"),
        func.count().filter(back).label("returns"),
        func.sum(o.c.amount_minor).filter(back).label("returned"),
    ]


def grouped_by(row: Any) -> str:
    """By what a row of `times` is grouped."""
    return next(name for name, bits in _SETS.items() if bits == row["by"])


def customers(base: Any, query: BaseQuery, span: Span, currency: str) -> Any:
    """How many customers ordered: by month, by how many orders they had, and altogether."""
    o = bases.O
    month = cast(func.date_trunc("month", bases.local(query)), Date).label("month")
    told = bases.orders(
        base,
        query,
        span,
        currency,
        month,
        func.count().label("orders"),
        func.sum(o.c.amount_minor).label("sold"),
    )
    monthly = told.where(~o.c.is_return).group_by(base.c.keeper, literal_column("2")).cte("monthly")
    each = (
        select(func.sum(monthly.c.orders).label("orders"), func.sum(monthly.c.sold).label("sold"))
        .group_by(monthly.c.customer)
        .subquery("each")
    )
    none: Any = literal_column("NULL::date").label("month")
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


def amounts(base: Any, query: BaseQuery, span: Span, currency: str) -> Any:
    """The amounts of orders at `POINTS` of their order by size."""
    o = bases.O
    at = func.percentile_disc(literal(list(POINTS), ARRAY(Double))).within_group(o.c.amount_minor)
    told = bases.orders(base, query, span, currency, at.label("points")).where(~o.c.is_return)
    return told.with_only_columns(at.label("points"))


def products(base: Any, query: BaseQuery, span: Span, currency: str) -> Any:
    """What was ordered by category, and in the row of none (`all`) how large baskets are."""
    o, line = bases.O, bases.LINES
    told = bases.orders(base, query, span, currency, o.c.order_id).where(~o.c.is_return).subquery("told")
    baskets = (
        select(
            line.c.order_id,
            line.c.category,
            func.count().label("lines"),
            func.sum(line.c.quantity).label("quantity"),
            func.coalesce(func.sum(line.c.amount_minor), 0).label("amount"),
        )
        .join(told, told.c.order_id == line.c.order_id)
        .group_by(line.c.order_id, line.c.category)
        .cte("baskets")
    )
    sums = [func.sum(baskets.c[name]).label(name) for name in ("lines", "quantity", "amount")]
    orders = func.count().label("orders")
    by_category = (
        select(literal_column("false").label("all"), baskets.c.category, orders, *sums)
        .group_by(baskets.c.category)
        .order_by(func.sum(baskets.c.amount).desc(), func.count().desc(), baskets.c.category)
        .limit(_MOST_CATEGORIES)
    )
    each = select(
        *(func.sum(baskets.c[name]).label(name) for name in ("lines", "quantity", "amount"))
    ).group_by(baskets.c.order_id)
    single = each.subquery("single")
    whole = select(
        literal_column("true").label("all"),
        literal_column("NULL::text").label("category"),
        func.count().label("orders"),
        *(func.coalesce(func.sum(single.c[name]), 0).label(name) for name in ("lines", "quantity", "amount")),
    )
    return whole.union_all(select(by_category.subquery("some")))


def days(base: Any, query: BaseQuery, currency: str, until: datetime) -> Any:
    """The local days on which there was an order, ascending."""
    o = bases.O
    day = cast(bases.local(query), Date).label("day")
    told = bases.orders(base, query, None, currency, day).where(~o.c.is_return, o.c.ordered_at < until)
    return told.with_only_columns(day).distinct().order_by("day")


def windows(base: Any, query: BaseQuery, currency: str, edges: tuple[datetime, datetime, datetime]) -> Any:
    """Orders and net amounts from the first edge to the second (`before`), and to the third (`now`)."""
    o = bases.O
    now = (o.c.ordered_at >= edges[1]).label("now")
    told = bases.orders(
        base, query, (edges[0], edges[2]), currency, now,
        func.count().filter(~o.c.is_return).label("orders"), func.sum(bases.signed()).label("net"),
    )  # fmt: skip
    return told.with_only_columns(*list(told.selected_columns)[1:]).group_by(literal_column("1"))
