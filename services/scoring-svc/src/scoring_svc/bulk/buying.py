"""The columns of `modelling.rhythm` as aggregates over the orders of a customer, one place a column."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis
from ibis.expr.types import Table, Value

from scoring_svc.bulk.spans import days_between, times, total, weeks
from scoring_svc.modelling.weeks import DAYS, HALF_YEAR, MONTH, QUARTER, TWO_MONTHS, YEAR


def buying(orders: Table, as_of: datetime) -> Table:
    """One row for each customer with an order or a return at `as_of`."""
    rows = _rows(orders, as_of)
    return rows.group_by("customer").agg(**_days(rows, as_of.date()), **_windows(rows), **_money(rows))


def _rows(orders: Table, as_of: datetime) -> Table:
    """Each order with its day, the day of the order before it and the day of the customer's last one.

    Returns have a row of days of their own, so that they never break a gap. Among the orders of one day
    exactly one has an earlier day before it, or none: it stands for the day.
    """
    known = orders.filter(orders.ts <= ibis.literal(as_of))
    rows = known.mutate(day=known.ts.date())
    own = ibis.window(group_by=[rows.customer, rows.is_return], order_by=rows.day)
    all_own = ibis.window(group_by=[rows.customer, rows.is_return])
    rows = rows.mutate(before=rows.day.lag().over(own), latest=rows.day.max().over(all_own))
    return rows.mutate(
        ago=days_between(rows.day, ibis.literal(as_of.date())),
        gap=days_between(rows.before, rows.day) / DAYS,
        sale=~rows.is_return,
        fresh=~rows.is_return & (rows.before.isnull() | (rows.before < rows.day)),
        signed=ibis.ifelse(rows.is_return, -rows.amount, rows.amount),
    )


def _days(row: Table, today: date) -> dict[str, Value]:
    repeat, last = row.fresh & row.before.notnull(), row.sale & (row.day == row.latest)
    first_day, last_day = row.day.min(where=row.sale), row.day.max(where=row.sale)
    return {
        "order_days": times(row, row.fresh),
        "first_day": first_day,
        "last_day": last_day,
        "age": weeks(first_day, ibis.literal(today)),
        "last_week": weeks(first_day, last_day),
        "sum_log_gaps": row.gap.ln().sum(where=repeat),
        "sum_square_gaps": (row.gap * row.gap).sum(where=repeat),
        "max_gap": row.gap.max(where=repeat),
        "last_gap": row.gap.max(where=repeat & last),
        "last_value": total(row.amount, last),
    }


def _windows(row: Table) -> dict[str, Value]:
    return {
        "orders_4": times(row, row.fresh & (row.ago < MONTH * DAYS)),
        "orders_8": times(row, row.fresh & (row.ago < TWO_MONTHS * DAYS)),
        "orders_13": times(row, row.fresh & _near(row)),
        "orders_26": times(row, row.fresh & (row.ago < HALF_YEAR * DAYS)),
        "orders_52": times(row, row.fresh & (row.ago < YEAR * DAYS)),
        "orders_before_13": times(row, row.fresh & _before(row)),
    }


def _money(row: Table) -> dict[str, Value]:
    return {
        "sold": total(row.amount, row.sale),
        "returned": total(row.amount, row.is_return),
        "net_52": total(row.signed, row.ago < YEAR * DAYS),
        "net_13": total(row.signed, _near(row)),
        "net_before_13": total(row.signed, _before(row)),
        "returns_13": times(row, row.is_return & _near(row)),
        "returns_before_13": times(row, row.is_return & _before(row)),
    }


def _near(row: Table) -> Any:
    return row.ago < QUARTER * DAYS


def _before(row: Table) -> Any:
    return (row.ago >= QUARTER * DAYS) & (row.ago < HALF_YEAR * DAYS)
