"""The feature query: logs in, one row a customer out; written once, run by DuckDB and by Spark."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import ibis
from ibis.expr.types import Table

from scoring_svc.bulk.buying import buying
from scoring_svc.bulk.logs import Logs
from scoring_svc.bulk.spans import number
from scoring_svc.bulk.treating import answering, complaining, promising, referring, speaking
from scoring_svc.modelling.care import Care
from scoring_svc.modelling.rhythm import Rhythm

COLUMNS = tuple(column.name for part in (Rhythm, Care) for column in fields(part))
UNKNOWN_WITHOUT = frozenset(
    {
        "first_day",
        "last_day",
        "weeks_since_complaint",
        "satisfaction_last",
        "satisfaction_mean",
        "quality_last",
        "quality_mean",
        "attitude_last",
        "attitude_mean",
        "delivery_last",
        "delivery_mean",
        "weeks_since_survey",
        "weeks_since_contact",
        "contact_gap",
        "outbound_share",
        "weeks_since_broken",
    }
)
"""NULL where nothing was ever recorded; every other column is 0 then."""


def feature_query(logs: Logs, as_of: datetime) -> Table:
    """`customer` and every column of `Rhythm` and `Care` for everybody whom a log names, in no order.

    `as_of` is in UTC without an offset; later rows change nothing, but that their customer has a row.
    """
    found = ibis.union(*(getattr(logs, log.name).select("customer") for log in fields(logs)), distinct=True)
    for part in (
        buying(logs.orders, as_of),
        complaining(logs.complaints, as_of),
        answering(logs.surveys, as_of),
        speaking(logs.contacts, as_of),
        promising(logs.promises, as_of),
        referring(logs.referrals, as_of),
    ):
        found = found.left_join(part, "customer").drop("customer_right")
    filled = {name: ibis.coalesce(found[name], number(0)) for name in COLUMNS if name not in UNKNOWN_WITHOUT}
    return found.select("customer", **{name: filled.get(name, found[name]) for name in COLUMNS})
