"""A fold of the backtest by groups of customers: the model and its rivals beside the rules that need none."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.backtest import hiatus_accuracy
from scoring_svc.modelling.facts import Bools, Floats
from scoring_svc.modelling.lift import deciles
from scoring_svc.modelling.origins import Origin
from scoring_svc.modelling.purchase import PurchaseModel
from scoring_svc.modelling.segments import Labels
from scoring_svc.modelling.tracking import curve
from scoring_svc.modelling.weeks import QUARTER

SMALLEST_GROUP = 50
SMALLEST_SEGMENT = 200
_EVEN = 0.5


def fold_proof(
    origin: Origin,
    chances: Mapping[str, Floats],
    purchase: PurchaseModel,
    *,
    champion: str,
    segments: Labels | None = None,
) -> dict[str, Any]:
    """Tracking curve, lift, and figures by group, of one origin; plain JSON values.

    `chances` of leaving by candidate, each (customers,); `champion` is the one that speaks, or speaks for it.
    Groups are all customers, the early ones, those of one order and of several, and each of `segments`
    (customers,) that is large enough.
    """
    spoken = chances.get(champion)
    chance = chances["p_buy"] if spoken is None else spoken
    groups = {**_groups(origin), **_segments(segments)}
    return {
        "tracking": curve(origin, purchase),
        "lift": deciles(chance, origin.left),
        "lift_early_deciles": deciles(chance[origin.early], origin.left[origin.early]),
        "groups": {
            name: _figures(origin, inside, chance, chances, purchase)
            for name, inside in groups.items()
            if inside.sum() >= SMALLEST_GROUP
        },
    }


def _groups(origin: Origin) -> dict[str, Bools]:
    once = origin.known.rhythm.order_days == 1
    return {
        "all": np.ones(len(once), dtype=np.bool_),
        "early": origin.early,
        "one_order": once,
        "repeat": ~once,
    }


def _segments(segments: Labels | None) -> dict[str, Bools]:
    if segments is None:
        return {}
    names, sizes = np.unique(segments, return_counts=True)
    return {f"segment:{name}": segments == name for name in names[sizes >= SMALLEST_SEGMENT]}


def _figures(
    origin: Origin,
    inside: Bools,
    chance: Floats,
    chances: Mapping[str, Floats],
    purchase: PurchaseModel,
) -> dict[str, Any]:
    """One group: what each way of saying it was worth; null where nobody can say."""
    left, orders = origin.left[inside], origin.orders[inside]
    expected = purchase.expected_orders(origin.seen.at(inside), origin.horizon)
    by_window = origin.known.rhythm.orders_13[inside] * origin.horizon / QUARTER
    silence = origin.known.rhythm.silence[inside]
    rivals = {name: _judged(each[inside], left) for name, each in chances.items()}
    figures = {
        "customers": int(inside.sum()),
        "left_share": float(left.mean()),
        "methods": {
            "model": _judged(chance[inside], left),
            **rivals,
            "recency": _ranked(silence, left),
            "hiatus": {"accuracy": hiatus_accuracy(silence, left)},
            "last_n": {**_ranked(-by_window, left), "accuracy": float(np.mean((by_window == 0) == left))},
        },
        "orders": {"model": _off(expected, orders), "last_n": _off(by_window, orders)},
    }
    told: dict[str, Any] = without_nan(figures)
    return told


def _judged(chance: Floats, left: Bools) -> dict[str, float]:
    return {
        **_ranked(chance, left),
        "brier": metrics.brier(chance, left),
        "ece": metrics.calibration_error(chance, left),
        "log_loss": metrics.log_loss(chance, left),
        "accuracy": float(np.mean((chance > _EVEN) == left)),
    }


def _ranked(score: Floats, left: Bools) -> dict[str, float]:
    return {"auc": metrics.auc(score, left), "lift": metrics.lift(score, left)}


def _off(expected: Floats, actual: Floats) -> dict[str, float]:
    return {
        "expected": float(expected.sum()),
        "actual": float(actual.sum()),
        "mae": metrics.mean_absolute_error(expected, actual),
        "bias": metrics.bias(expected, actual),
    }


def without_nan(value: Any) -> Any:
    """The same with null for every number that is none: JSON has no NaN."""
    if isinstance(value, dict):
        return {name: without_nan(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value
