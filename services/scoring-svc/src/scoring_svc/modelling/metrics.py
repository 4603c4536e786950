"""Measures of a forecast against what happened: ranking, calibration, error and bias."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats

_EDGE = 1e-6
BINS = 10


def auc(score: Floats, happened: Bools) -> float:
    """Chance that a case that happened has the larger score, ties counted half; NaN with one outcome only."""
    positives = int(happened.sum())
    negatives = len(happened) - positives
    if not positives or not negatives:
        return float("nan")
    _, place, size = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(size) - (size - 1) / 2)[place]
    return float((ranks[happened].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def log_loss(chance: Floats, happened: Bools) -> float:
    return float(np.mean(log_losses(chance, happened)))


def log_losses(chance: Floats, happened: Bools) -> Floats:
    """Of each case."""
    kept = np.clip(chance, _EDGE, 1.0 - _EDGE)
    return -np.where(happened, np.log(kept), np.log1p(-kept))


def brier(chance: Floats, happened: Bools) -> float:
    return float(np.mean((chance - happened) ** 2))


def calibration_error(chance: Floats, happened: Bools) -> float:
    """ECE: mean distance of forecast from frequency over ten bins of equal width, weighted by their size."""
    return float(
        sum(abs(expected - observed) * share for expected, observed, share in reliability(chance, happened))
    )


def reliability(chance: Floats, happened: Bools) -> list[tuple[float, float, float]]:
    """(mean forecast, observed frequency, share of the cases) of every bin that is not empty."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    size = np.bincount(place, minlength=BINS)
    expected = np.bincount(place, weights=chance, minlength=BINS)
    observed = np.bincount(place, weights=happened.astype(np.float64), minlength=BINS)
    return [
        (float(expected[b] / size[b]), float(observed[b] / size[b]), float(size[b] / len(chance)))
        for b in np.flatnonzero(size)
    ]


def mean_absolute_error(forecast: Floats, actual: Floats) -> float:
    return float(np.mean(np.abs(forecast - actual)))


def bias(forecast: Floats, actual: Floats) -> float:
    """Forecast over actual total, minus 1; NaN when nothing happened."""
    total = float(actual.sum())
    return float(forecast.sum()) / total - 1.0 if total else float("nan")


def gini(forecast: Floats, actual: Floats) -> float:
    """Gini of the actual total gathered in order of the forecast, over that of a perfect one; 1 is best."""
    brought = np.maximum(actual, 0.0)
    perfect = _gathered(brought, brought)
    return _gathered(forecast, brought) / perfect if perfect else float("nan")


def _gathered(order_by: Floats, brought: Floats) -> float:
    total = float(brought.sum())
    if not total:
        return 0.0
    share = np.cumsum(brought[np.argsort(-order_by, kind="stable")]) / total
    return float(2.0 * np.mean(share) - 1.0 - 1.0 / len(share))


def top_share(forecast: Floats, actual: Floats, part: float = 0.1) -> float:
    """Share of the truly best `part` of customers that the forecast puts into its own best `part`."""
    size = max(int(len(actual) * part), 1)
    best = np.argsort(-actual, kind="stable")[:size]
    return float(np.isin(np.argsort(-forecast, kind="stable")[:size], best).mean())


def lift(chance: Floats, happened: Bools, part: float = 0.1) -> float:
    """Frequency among the `part` of highest chance, over the frequency of all."""
    size = max(int(len(chance) * part), 1)
    overall = float(happened.mean()) if len(happened) else 0.0
    top = np.argsort(-chance, kind="stable")[:size]
    return float(happened[top].mean()) / overall if overall else float("nan")
