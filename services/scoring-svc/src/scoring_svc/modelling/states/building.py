"""States from the log, for all customers at once: what `State.apply` would make of it event by event."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoring_svc.modelling.care import DECAY_WEEKS, SLOW_WEEKS
from scoring_svc.modelling.facts import (
    DIRECTION_IN,
    DIRECTION_OUT,
    Complaints,
    Contacts,
    Facts,
    Floats,
    Ints,
    Log,
    Orders,
    Promises,
    Surveys,
)
from scoring_svc.modelling.rhythm import rhythm
from scoring_svc.modelling.states.columns import States, Table
from scoring_svc.modelling.states.layout import CLASSES, FORMAT, HEAD_COLUMNS, NUMBERS, ROWS, Part, column
from scoring_svc.modelling.states.parts import KEPT_DAYS, NEVER, NO_DAY
from scoring_svc.modelling.weeks import DAYS

_SEVERITIES = (1, 2, 3, 4)
_US = "datetime64[us]"


def states_of(facts: Facts, now: np.datetime64, *, minor_per_unit: float) -> States:
    """The states of all customers at the moment `now`; amounts are whole minor units, severities 1 to 4.

    Raises:
        ValueError: a severity is another number.
    """
    known, size = facts.as_of(now), len(facts)
    heads = np.zeros(size, dtype=HEAD_COLUMNS)
    heads["format"] = FORMAT
    for part, kind in CLASSES.items():
        for name in NUMBERS[part]:
            heads[column(part, name)] = getattr(kind(), name)
    rows = {
        "buying": _buying(known.orders, heads, now, minor_per_unit),
        "complaining": _complaining(known.complaints, heads),
        "talking": _talking(known.contacts, heads),
        "promising": _promising(known.promises, heads),
        "referring": _days(known.referrals, heads, "referring", converted=1),
    }
    _answering(known.surveys, heads)
    _ahead(facts, heads, now)
    return States(heads, rows)


def _buying(orders: Orders, heads: Table, now: np.datetime64, minor_per_unit: float) -> Table:
    size, today = len(heads), now.astype("datetime64[D]")
    seen = rhythm(orders, size, today)
    for name in ("order_days", "sum_log_gaps", "sum_square_gaps", "max_gap", "last_gap"):
        heads[column(Part.BUYING, name)] = getattr(seen, name)
    for name in ("first_day", "last_day"):
        heads[column(Part.BUYING, name)] = getattr(seen, name).astype(np.int64)
    amount = np.rint(orders.amount * minor_per_unit)
    sale = ~orders.is_return
    last = sale & (orders.ts.astype("datetime64[D]") == seen.last_day[orders.customer])
    for name, chosen in (("sold", sale), ("returned", orders.is_return), ("last_value", last)):
        heads[column(Part.BUYING, name)] = _total(orders.customer[chosen], amount[chosen], size)
    rows = _days(orders, heads, "buying", bought=sale, returns=~sale, net=np.where(sale, amount, -amount))
    rows["bought"] = rows["bought"] > 0
    return rows


def _complaining(log: Complaints, heads: Table) -> Table:
    if not np.isin(log.severity, _SEVERITIES).all():
        raise ValueError("a severity is no whole number from 1 to 4")
    is_open, size = np.isnat(log.resolved), len(heads)
    took = np.zeros(len(log.ts))
    took[~is_open] = (log.resolved - log.ts)[~is_open].astype("timedelta64[s]").astype(np.float64)
    rows = _days(
        log, heads, "complaining", opened=1, unresolved=is_open, slow=took / (DAYS * 86400) > SLOW_WEEKS
    )
    _keep_first(heads, Part.COMPLAINING, "oldest_open", log.customer[is_open], log.ts[is_open])
    for severity in _SEVERITIES:
        chosen = is_open & (log.severity == severity)
        heads[column(Part.COMPLAINING, f"open_{severity}")] = np.bincount(
            log.customer[chosen], minlength=size
        )
    heads[column(Part.COMPLAINING, "faded")] = _faded(
        log.rows(~is_open), log.severity[~is_open], heads[column(Part.COMPLAINING, "newest_day")]
    )
    return rows


def _talking(log: Contacts, heads: Table) -> Table:
    ours = log.direction == DIRECTION_OUT
    who, ts = log.customer[~ours], log.ts[~ours]
    heads[column(Part.TALKING, "mutual")] = np.bincount(who, minlength=len(heads))
    _keep_first(heads, Part.TALKING, "first_day", who, ts)
    heads[column(Part.TALKING, "last_day")][who] = _day(ts)
    inbound = log.direction == DIRECTION_IN
    return _days(log, heads, "talking", mutual=~ours, inbound=inbound, outbound=ours)


def _answering(log: Surveys, heads: Table) -> None:
    for name in ("score", "quality", "attitude", "delivery"):
        values = getattr(log, name)
        told = ~np.isnan(values)
        who, ts, values = log.customer[told], log.ts[told], values[told]
        heads[column(Part.ANSWERING, f"{name}_count")] = np.bincount(who, minlength=len(heads))
        heads[column(Part.ANSWERING, f"{name}_total")] = _total(who, values, len(heads))
        heads[column(Part.ANSWERING, f"{name}_at")][who] = ts.astype(_US).astype(np.int64)
        heads[column(Part.ANSWERING, f"{name}_last")][who] = values


def _promising(log: Promises, heads: Table) -> Table:
    unkept = np.isnat(log.settled)
    rows = _days(log, heads, "promising", broken=1)
    heads[column(Part.PROMISING, "unkept")] = np.bincount(log.customer[unkept], minlength=len(heads))
    _keep_first(heads, Part.PROMISING, "oldest_unkept", log.customer[unkept], log.ts[unkept])
    settled = log.rows(~unkept)
    newest = heads[column(Part.PROMISING, "newest_day")]
    heads[column(Part.PROMISING, "faded")] = _faded(settled, np.ones(len(settled.ts)), newest)
    return rows


def _ahead(facts: Facts, heads: Table, now: np.datetime64) -> None:
    """Note from when on facts count that lie ahead of `now`."""
    logs: dict[Part, tuple[Log, tuple[Any, ...]]] = {
        Part.BUYING: (facts.orders, ()),
        Part.COMPLAINING: (facts.complaints, (facts.complaints.resolved,)),
        Part.TALKING: (facts.contacts, ()),
        Part.ANSWERING: (facts.surveys, ()),
        Part.PROMISING: (facts.promises, (facts.promises.settled,)),
        Part.REFERRING: (facts.referrals, ()),
    }
    for part, (log, ends) in logs.items():
        until = np.full(len(heads), NEVER)
        for moments in (log.ts, *ends):
            later = moments > now
            np.minimum.at(until, log.customer[later], moments[later].astype(_US).astype(np.int64))
        heads[column(part, "until")] = until


def _days(log: Log, heads: Table, kind: str, **amounts: Any) -> Table:
    """Rows of one kind: a day each, within 52 weeks before the newest one, with its sums of `amounts`."""
    part, newest = ROWS[kind].part, np.full(len(heads), NO_DAY)
    days = _day(log.ts)
    newest[log.customer] = days
    heads[column(part, "newest_day")] = newest
    kept = days > newest[log.customer] - KEPT_DAYS
    who, days = log.customer[kept], days[kept]
    fresh = np.ones(len(days), dtype=bool)
    fresh[1:] = (who[1:] != who[:-1]) | (days[1:] != days[:-1])
    rows = np.zeros(int(fresh.sum()), dtype=ROWS[kind].dtype)
    rows["day"] = days[fresh]
    for name, each in amounts.items():
        weights = np.broadcast_to(np.asarray(each, dtype=np.float64), log.ts.shape)[kept]
        rows[name] = _total(np.cumsum(fresh) - 1, weights, len(rows))
    heads[f"{kind}_rows"] = np.bincount(who[fresh], minlength=len(heads))
    return rows


def _faded(log: Log, weights: Floats, newest: Ints) -> Floats:
    weeks = (_day(log.ts) - newest[log.customer]) / DAYS
    return _total(log.customer, weights * 2.0 ** (weeks / DECAY_WEEKS), len(newest))


def _keep_first(heads: Table, part: Part, name: str, who: Ints, ts: Any) -> None:
    heads[column(part, name)][who[::-1]] = _day(ts)[::-1]  # rows are in order of time: the first stands


def _day(ts: Any) -> Ints:
    return np.asarray(ts.astype("datetime64[D]").astype(np.int64))


def _total(who: Ints, weights: Floats, size: int) -> Floats:
    return np.bincount(who, weights=weights, minlength=size).astype(np.float64, copy=False)
