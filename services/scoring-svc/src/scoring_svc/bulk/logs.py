"""The tables that the feature query reads: their names, columns and types, on whatever engine has them."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
from ibis.expr.types import Table

_MOMENT = "timestamp(6)"

SHAPES: dict[str, dict[str, str]] = {
    "customers": {},
    "orders": {"ts": _MOMENT, "amount": "float64", "is_return": "boolean"},
    "complaints": {"ts": _MOMENT, "severity": "float64", "resolved": _MOMENT},
    "contacts": {"ts": _MOMENT, "direction": "int8"},
    "surveys": {
        "ts": _MOMENT,
        "score": "float64",
        "quality": "float64",
        "attitude": "float64",
        "delivery": "float64",
    },
    "promises": {"ts": _MOMENT, "due": _MOMENT, "settled": _MOMENT, "id": "string"},
    "referrals": {"ts": _MOMENT},
}
"""Beside `customer`; as `modelling.facts` has them.

`amount` is never negative, `direction` one of its codes, a part of an answer that was not told of NaN.
"""


@dataclass(frozen=True, slots=True)
class Logs:
    """One unbound table a log; times are in UTC without an offset, to the microsecond."""

    customers: Table
    orders: Table
    complaints: Table
    contacts: Table
    surveys: Table
    promises: Table
    referrals: Table


def logs(key: str) -> Logs:
    """The logs of customers whose ids have the type `key`: "string", or "uuid" on DuckDB."""
    return Logs(
        **{name: ibis.table({"customer": key, **columns}, name=name) for name, columns in SHAPES.items()}
    )
