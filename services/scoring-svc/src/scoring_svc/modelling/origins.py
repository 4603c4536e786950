"""Rolling origins: past moments at which the future is known by now, with what was seen and what followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Bools, Facts, Floats, Ints
from scoring_svc.modelling.features import Features, features
from scoring_svc.modelling.purchase import Histories, histories
from scoring_svc.modelling.weeks import DAYS, QUARTER, TWO_MONTHS

MOST_ORIGINS = 6
_ENOUGH_ORIGINS = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Customers who had bought by `moment`, and what they did in the `horizon` weeks after it.

    `who` are their indexes among the customers of the facts that were looked back on.
    """

    moment: np.datetime64
    horizon: float
    who: Ints
    known: Features
    seen: Histories
    orders: Floats  # order days in the window
    net: Floats  # sold minus returned in the window
    order_of: Ints  # the customer of each order day in the window
    order_week: Ints  # and the week that it was in, from 0

    @property
    def bought(self) -> Bools:
        return np.asarray(self.orders > 0, dtype=np.bool_)

    @property
    def left(self) -> Bools:
        return np.asarray(self.orders == 0, dtype=np.bool_)

    @property
    def early(self) -> Bools:
        """Customers who bought within the last horizon: those whom a warning can still reach."""
        silence: Floats = self.known.rhythm.silence
        return np.asarray(silence <= self.horizon, dtype=np.bool_)


def moments(first: np.datetime64, as_of: np.datetime64, horizon: float) -> list[np.datetime64]:
    """Up to six origins, latest first, whose windows close at or before `as_of`.

    They lie a quarter to half a horizon apart, as far as the history since `first` allows, and each has at
    least 13 weeks of history before it, or 8 if that leaves fewer than three; there may be none.
    """
    found = _moments(first, as_of, horizon, QUARTER)
    return found if len(found) >= _ENOUGH_ORIGINS else _moments(first, as_of, horizon, TWO_MONTHS)


def _moments(first: np.datetime64, as_of: np.datetime64, horizon: float, history: int) -> list[np.datetime64]:
    span = float((as_of - first) / np.timedelta64(1, "D")) / DAYS - horizon - history
    if span < 0:
        return []
    step = float(np.clip(span / (MOST_ORIGINS - 1), horizon / 4.0, horizon / 2.0))
    count = min(MOST_ORIGINS, int(span / step) + 1)
    return [as_of - _weeks(horizon + place * step) for place in range(count)]


def look_back(facts: Facts, moment: np.datetime64, horizon: float) -> Origin:
    """What was known at `moment` of the customers who had bought by then, and what followed."""
    buyers = buyers_at(facts, moment)
    group = facts.chosen(buyers)
    known = features(group, moment)
    return Origin(moment, horizon, buyers, known, histories(known.rhythm), *_followed(group, moment, horizon))


def buyers_at(facts: Facts, moment: np.datetime64) -> Ints:
    """Indexes of the customers with an order at or before `moment`."""
    bought = facts.orders.customer[(facts.orders.ts <= moment) & ~facts.orders.is_return]
    return np.unique(bought)


def _followed(facts: Facts, moment: np.datetime64, horizon: float) -> tuple[Floats, Floats, Ints, Ints]:
    log, size = facts.orders, len(facts)
    inside = (log.ts > moment) & (log.ts <= moment + _weeks(horizon))
    who, back = log.customer[inside], log.is_return[inside]
    signed = np.where(back, -log.amount[inside], log.amount[inside])
    net = np.bincount(who, weights=signed, minlength=size).astype(np.float64)
    ts = log.ts[inside][~back]
    day, week = ts.astype("datetime64[D]"), (ts - moment) // _weeks(1.0)
    who = who[~back]
    fresh = np.ones(len(who), dtype=bool)
    fresh[1:] = (who[1:] != who[:-1]) | (day[1:] != day[:-1])
    orders = np.bincount(who[fresh], minlength=size).astype(np.float64)
    return orders, net, who[fresh], week[fresh].astype(np.int64)


def _weeks(count: float) -> np.timedelta64:
    return np.timedelta64(round(count * DAYS), "D")
