"""Spans of time and sums in Ibis, written so that DuckDB and Spark mean the same by them."""

from __future__ import annotations

from datetime import datetime

import ibis
from ibis.expr.types import Table, Value

from scoring_svc.modelling.weeks import DAYS


def days_between(first: Value, last: Value) -> Value:
    """Whole days from one date to another; as a double, because Spark divides integers as decimals."""
    return last.delta(first, unit="day").cast("float64")


def weeks(first: Value, last: Value) -> Value:
    """Weeks from one date to another, counted in whole days."""
    return days_between(first, last) / DAYS


def weeks_ago(ts: Value, as_of: datetime) -> Value:
    """Weeks from the day of a time to today."""
    return weeks(ts.date(), ibis.literal(as_of.date()))


def number(value: float) -> Value:
    """A double: what is written with a point is a decimal to Spark."""
    return ibis.literal(value).cast("float64")


def times(row: Table, where: Value) -> Value:
    """How many rows, as a number like every feature."""
    return row.count(where=where).cast("float64")


def total(amount: Value, where: Value) -> Value:
    """A sum of numbers; engines say NULL for no rows, which the query then fills."""
    return amount.sum(where=where).cast("float64")
