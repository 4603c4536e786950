"""What each reason measures, in which unit, and the threshold that its fact is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.features import Features, shrunk_gap
from scoring_svc.modelling.inputs import CONTENT
from scoring_svc.modelling.reasons import (
    ATTEMPTS,
    DROPPED,
    FALLEN,
    OVERDUE,
    RARE,
    RETURNED,
    SELDOM,
    usual_quiet,
)
from scoring_svc.modelling.weeks import DAYS


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` is one customer's, `threshold` what it must pass (or undercut) for the reason to hold."""

    value: float
    threshold: float
    unit: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One customer at `index`, and what is usual: its gap and horizon, in weeks."""

    known: Features
    index: int
    usual_gap: float
    horizon: float

    def rhythm(self, name: str) -> float:
        return float(getattr(self.known.rhythm, name)[self.index])

    def care(self, name: str) -> float:
        return float(getattr(self.known.care, name)[self.index])

    @property
    def gap(self) -> float:
        """Its own gap between orders; pulled to the usual one while it repeated but once."""
        repeats = self.rhythm("repeats")
        if repeats > 1:
            return self.rhythm("last_week") / repeats
        return float(np.atleast_1d(shrunk_gap(self.known.rhythm, self.usual_gap))[self.index])


def measured(code: str, seat: Seat) -> Measure:
    """What the reason `code` of this customer rests on, in numbers."""
    return _MEASURES[code](seat)


def _overdue(seat: Seat) -> Measure:
    return Measure(seat.rhythm("silence") / max(seat.gap, 1e-9), OVERDUE, "own_gaps")


def _dissatisfied(seat: Seat) -> Measure:
    last, mean = seat.care("satisfaction_last"), seat.care("satisfaction_mean")
    return Measure(last if last < CONTENT else mean, CONTENT, "points")


def _quiet(seat: Seat) -> Measure:
    norm = usual_quiet(np.array([seat.care("contact_gap")]))
    return Measure(seat.care("weeks_since_contact"), float(norm[0]), "weeks")


_MEASURES: Mapping[str, Callable[[Seat], Measure]] = {
    "own_rhythm_broken": _overdue,
    "order_overdue": _overdue,
    "orders_seldom": lambda seat: Measure(seat.gap, min(seat.usual_gap, SELDOM * seat.horizon), "weeks"),
    "bought_rarely": lambda seat: Measure(seat.rhythm("orders_52"), RARE, "orders"),
    "orders_falling": lambda seat: Measure(
        seat.rhythm("orders_13"), seat.rhythm("orders_before_13"), "orders"
    ),
    "amount_falling": lambda seat: Measure(
        seat.rhythm("net_13"), FALLEN * seat.rhythm("net_before_13"), "money"
    ),
    "returns_rising": lambda seat: Measure(
        seat.rhythm("returns_13"), seat.rhythm("returns_before_13"), "returns"
    ),
    "returns_high": lambda seat: Measure(
        seat.rhythm("returned") / max(seat.rhythm("sold"), 1e-9), RETURNED, "share"
    ),
    "complaint_open": lambda seat: Measure(seat.care("open_weeks") * DAYS, 0.0, "days"),
    "complaint_slow": lambda seat: Measure(seat.care("slow_26"), 1.0, "complaints"),
    "complaint_recent": lambda seat: Measure(seat.care("complaints_26"), 1.0, "complaints"),
    "satisfaction_dropped": lambda seat: Measure(seat.care("satisfaction_drop"), DROPPED, "points"),
    "satisfaction_low": _dissatisfied,
    "contact_unanswered": lambda seat: Measure(seat.care("unanswered"), ATTEMPTS, "attempts"),
    "contact_quiet": _quiet,
    "promise_unkept": lambda seat: Measure(seat.care("promises_unkept"), 1.0, "promises"),
    "promise_broken": lambda seat: Measure(seat.care("promises_broken_26"), 1.0, "promises"),
}
