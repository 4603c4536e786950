"""How often the next order came inside its window, judged on what followed a moment of the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Facts, Floats
from scoring_svc.modelling.next_purchase import chance_by, windows
from scoring_svc.modelling.origins import buyers_at, look_back
from scoring_svc.modelling.purchase_fit import fit_named
from scoring_svc.modelling.weeks import DAYS

_HALF_DAY = 0.5 / DAYS  # orders are known by the day: the middle of it


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the customers at `moment` who ordered again before the log ends (`bought`): shares from 0 to 1.

    `inside_*`: the order lay in the window. Late orders are not seen in a log that ends, so that this tends
    to be too large or too small by the length of the log; `fair_*` compares each with what the model says of
    orders that come before the end, and is the nominal share for a model that is right.
    """

    moment: np.datetime64
    variant: str
    customers: int
    bought: int
    inside_50: float
    inside_80: float
    fair_50: float
    fair_80: float
    before_expected: float


def coverage(facts: Facts, moment: np.datetime64, variant: str) -> Coverage:
    """Fit this variant of the purchase model on what was known at `moment`, and judge its windows.

    Of a log in which nobody ordered afterwards every share is NaN.
    """
    origin = look_back(facts, moment, horizon=1.0)
    model = fit_named(origin.seen, variant)
    then = _next_order(facts, moment)[buyers_at(facts, moment)]
    came = ~np.isnan(then)
    seen, then = origin.seen.at(came), then[came]
    told = windows(model, seen)
    end = float((facts.orders.ts.max() - moment) / np.timedelta64(1, "D")) / DAYS
    place = chance_by(model, seen, np.maximum(then - _HALF_DAY, 0.0)) / chance_by(model, seen, end)
    return Coverage(
        moment=moment,
        variant=model.name,
        customers=len(origin.seen),
        bought=int(came.sum()),
        inside_50=_share((then >= told.earliest_50) & (then <= told.latest_50)),
        inside_80=_share((then >= told.earliest_80) & (then <= told.latest_80)),
        fair_50=_share((place >= 0.25) & (place <= 0.75)),  # noqa: PLR2004 - the middle half
        fair_80=_share((place >= 0.1) & (place <= 0.9)),  # noqa: PLR2004 - the middle four fifths
        before_expected=_share(then <= told.expected),
    )


def _next_order(facts: Facts, moment: np.datetime64) -> Floats:
    """Weeks from the day of `moment` to each customer's next order day; NaN if there is none."""
    log, today = facts.orders, moment.astype("datetime64[D]")
    day = log.ts.astype("datetime64[D]")
    later = (day > today) & ~log.is_return
    who, weeks = log.customer[later], (day[later] - today).astype(np.float64) / DAYS
    first = np.ones(len(who), dtype=bool)
    first[1:] = who[1:] != who[:-1]
    found = np.full(len(facts), np.nan)
    found[who[first]] = weeks[first]
    return found


def _share(chosen: np.ndarray) -> float:
    return float(np.mean(chosen)) if len(chosen) else float("nan")
