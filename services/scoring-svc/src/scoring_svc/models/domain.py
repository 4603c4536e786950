"""When a model is due to be learnt again, and what its card says in short."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

WEEKLY = timedelta(days=7)
_GROWTH = 1.2
_FEW = 200
_SUMMED = (
    "auc",
    "auc_early",
    "auc_recency",
    "auc_recency_early",
    "brier",
    "ece",
    "accuracy",
    "accuracy_hiatus",
    "lift_early",
    "orders_mae",
    "orders_mae_last_window",
    "orders_bias",
)


def is_outgrown(*, orders_then: int, orders_now: int) -> bool:
    """Whether a fifth more is known than when the model was learnt, and more than a few orders."""
    return orders_now > orders_then * _GROWTH + _FEW


def is_old(created_at: datetime, now: datetime) -> bool:
    """Whether a week has passed."""
    return now - created_at >= WEEKLY


def summary(card: Mapping[str, Any]) -> dict[str, Any]:
    """The mean of each figure over the folds that have it; empty without a backtest."""
    folds = card.get("folds", ())
    found = {name: _mean(fold.get(name) for fold in folds) for name in _SUMMED} if folds else {}
    return {"folds": len(folds), **found} if folds else {}


def calibration_table(document: Mapping[str, Any]) -> dict[str, Any]:
    """Slope and offset that the model recalibrates itself by, and how forecast and frequency met by bin.

    The bins are those of all folds together: `{"forecast", "observed", "cases"}`, ten of equal width.
    """
    churn = document.get("churn", {})
    return {
        "slope": churn.get("calibration", {}).get("slope", 1.0),
        "offset": churn.get("calibration", {}).get("offset", 0.0),
        "bins": reliability(document.get("card", {}).get("folds", ())),
    }


def reliability(folds: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """The reliability of all folds together, by bins of equal width, lowest first."""
    bins: dict[int, list[float]] = {}
    for fold in folds:
        for forecast, observed, share in fold.get("reliability", ()):
            cases = share * fold["customers"]
            sums = bins.setdefault(min(int(forecast * 10), 9), [0.0, 0.0, 0.0])
            for place, value in enumerate((forecast * cases, observed * cases, cases)):
                sums[place] += value
    return [
        {"forecast": said / cases, "observed": seen / cases, "cases": round(cases)}
        for _, (said, seen, cases) in sorted(bins.items())
        if cases
    ]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
