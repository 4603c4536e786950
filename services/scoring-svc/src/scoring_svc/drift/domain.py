"""Which measures of drift are alarming, and what the kept scores came to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.drift import Shift

RETRAIN = "scoring.retrain"
"""The job that learns a model into the shadow; done by `runs`."""
PSI_WARN, PSI_ALARM = 0.1, 0.25
FEWEST_MATURED = 100
"""Kept scores of which it is known what became of them; below, nothing is said of whether they came true."""
SAMPLE = 2000
KEPT = timedelta(weeks=104)
_BRIER_WARN, _BRIER_ALARM = 0.02, 0.05
_ECE_WARN, _ECE_ALARM = 0.06, 0.12
_ECE_OVER_BACKTEST = 0.03
_BIAS_WARN, _BIAS_ALARM = 0.25, 0.5
_PRIOR_WARN, _PRIOR_ALARM = 0.5, 0.9
_FEWEST_FITS = 4
_REASONS_WARN, _REASONS_ALARM = 0.2, 0.4
_LATE_GAPS, _LATE_DAYS = 5.0, 3.0

Level = Literal["warn", "alarm"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A measure beyond its bound."""

    measure: str
    level: Level
    figure: float
    bound: float


def findings(figures: Mapping[str, Any], backtest: Mapping[str, Any]) -> list[Finding]:
    """Everything that is alarming about what was measured; `backtest` is the model's own summary."""
    return [
        *_shifted(figures["inputs"]),
        *_shifted({"score": figures["score"]} if figures["score"] else {}),
        *_untrue(figures["matured"], backtest),
        *_thin(figures["fits"]),
        *_mixed(figures["reasons"]),
        *_late(figures["feeds"]),
    ]


def worst(found: Iterable[Finding]) -> str:
    """The level of the worst; `calm` without any."""
    levels = {each.level for each in found}
    return "alarm" if "alarm" in levels else "warn" if levels else "calm"


def shift_figures(shifts: Mapping[str, Shift]) -> dict[str, dict[str, float]]:
    """The shifts as plain values."""
    return {
        name: {"psi": shift.psi, "noise": shift.noise, "beyond_noise": shift.beyond_noise}
        for name, shift in shifts.items()
    }


def maturity(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What kept scores (rows of `score_snapshot`, each with its outcome) came to, by week and together."""
    weeks: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        weeks.setdefault(row["taken_on"], []).append(row)
    return {
        "together": _came_true(rows),
        "weeks": [{"week": str(week), **_came_true(weeks[week])} for week in sorted(weeks)],
    }


def reason_mix(counts: Mapping[str, int], first: Mapping[str, float] | None) -> dict[str, Any]:
    """The share of each category among first reasons, and how far it is from the model's `first` look.

    The distance is half the sum of absolute differences: the share of customers with another first reason.
    """
    total = sum(counts.values())
    shares = {name: count / total for name, count in sorted(counts.items())} if total else {}
    distance = None
    if first and total >= FEWEST_MATURED:
        names = shares.keys() | first.keys()
        distance = sum(abs(shares.get(name, 0.0) - first.get(name, 0.0)) for name in names) / 2.0
    return {"customers": total, "shares": shares, "moved": distance}


def lateness(days_since: float, active_days: int, over_days: int) -> dict[str, float] | None:
    """How late a feed is, in days, beside how late it may be: five of its usual gaps, or three days.

    None for a feed that told of something on fewer than one day in five: its silence says nothing.
    """
    if active_days * 5 < over_days:
        return None
    usual = over_days / active_days
    return {"days_since": days_since, "bound": max(_LATE_DAYS, _LATE_GAPS * usual)}


def _came_true(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not rows:
        return {"customers": 0}
    chance = np.array([row["probability"] for row in rows])
    orders = np.array([row["orders"] for row in rows])
    expected, left = sum(row["expected_orders"] for row in rows), orders == 0
    auc, bias = metrics.auc(chance, left), metrics.bias(np.array([expected]), np.array([orders.sum()]))
    return {
        "customers": len(rows),
        "left_share": float(left.mean()),
        "brier": metrics.brier(chance, left),
        "ece": metrics.calibration_error(chance, left),
        "auc": None if np.isnan(auc) else auc,
        "expected_orders": float(expected),
        "actual_orders": float(orders.sum()),
        "orders_bias": None if np.isnan(bias) else bias,
    }


def _shifted(shifts: Mapping[str, Mapping[str, float]]) -> Iterator[Finding]:
    for name, shift in shifts.items():
        yield from _above(f"psi.{name}", shift["beyond_noise"], PSI_WARN, PSI_ALARM)


def _untrue(matured: Mapping[str, Any], backtest: Mapping[str, Any]) -> Iterator[Finding]:
    """Brier and calibration against the model's own backtest, orders against their number."""
    found = matured["together"]
    if found["customers"] < FEWEST_MATURED:
        return
    brier, ece = backtest.get("brier"), backtest.get("ece") or 0.0
    if brier is not None:
        yield from _above("brier", found["brier"], brier + _BRIER_WARN, brier + _BRIER_ALARM)
    warn = max(_ECE_WARN, ece + _ECE_OVER_BACKTEST)
    yield from _above("ece", found["ece"], warn, max(_ECE_ALARM, warn + _ECE_OVER_BACKTEST))
    if found["orders_bias"] is not None:
        yield from _above("orders_bias", abs(found["orders_bias"]), _BIAS_WARN, _BIAS_ALARM)


def _thin(fits: Mapping[str, Any]) -> Iterator[Finding]:
    if fits["models"] >= _FEWEST_FITS:
        for name in ("prior", "degenerate"):
            yield from _above(f"fits.{name}", fits[name], _PRIOR_WARN, _PRIOR_ALARM)


def _mixed(reasons: Mapping[str, Any]) -> Iterator[Finding]:
    if reasons["moved"] is not None:
        yield from _above("reasons", reasons["moved"], _REASONS_WARN, _REASONS_ALARM)


def _late(feeds: Mapping[str, Mapping[str, float] | None]) -> Iterator[Finding]:
    for name, feed in feeds.items():
        if feed is not None:
            yield from _above(f"feed.{name}", feed["days_since"], feed["bound"], 2.0 * feed["bound"])


def _above(measure: str, figure: float, warn: float, alarm: float) -> Iterator[Finding]:
    if figure >= alarm:
        yield Finding(measure, "alarm", figure, alarm)
    elif figure >= warn:
        yield Finding(measure, "warn", figure, warn)
