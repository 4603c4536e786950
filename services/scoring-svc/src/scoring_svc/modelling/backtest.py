"""The backtest: what the model would have said at past moments, beside what happened and simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.churn import Champion, ChurnModel
from scoring_svc.modelling.churn_fit import SHARES, can_learn, fit_churn, speaking_as
from scoring_svc.modelling.facts import Bools, Floats
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.origins import Origin
from scoring_svc.modelling.purchase import PurchaseModel
from scoring_svc.modelling.purchase_fit import VARIANTS, fit_trusted

MOST_FOLDS = 3
_AGREEMENT = 0.05
_ENOUGH_FOLDS = 2
_CLEARLY = 0.995


@dataclass(frozen=True, slots=True)
class Fold:
    """One origin, judged by models that saw nothing after it.

    `chances` of leaving by candidate; the closed form alone when nothing earlier could be learnt from, and
    `trained` is then None.
    """

    origin: Origin
    purchase: PurchaseModel
    chances: dict[Champion, Floats]
    trained: ChurnModel | None = None

    def chance(self, champion: Champion) -> Floats:
        return self.chances.get(champion, self.chances["p_buy"])


def choose_variant(origins: Sequence[Origin]) -> tuple[str, dict[str, float]]:
    """The purchase model whose p_buy had the least log loss over `origins`, and everybody's loss by name."""
    losses: dict[str, float] = {}
    for family, k in VARIANTS:
        each, name = [], ""
        for origin in origins:
            model = fit_trusted(origin.seen, family=family, k=k)
            name = model.name
            each.append(metrics.log_loss(model.p_buy(origin.seen, origin.horizon), origin.bought))
        losses[name] = float(np.mean(each))
    return min(losses, key=lambda name: losses[name]), losses


def folds(origins: Sequence[Origin], models: Sequence[PurchaseModel], inputs: Sequence[Floats]) -> list[Fold]:
    """Judge the latest origins (they come latest first), each by earlier windows that had closed by then."""
    judged = []
    for place, origin in enumerate(origins[:MOST_FOLDS]):
        closed = [
            other for other in range(place + 1, len(origins))
            if origins[other].moment + _length(origins[other]) <= origin.moment
        ]  # fmt: skip
        chances: dict[Champion, Floats] = {"p_buy": 1.0 - models[place].p_buy(origin.seen, origin.horizon)}
        trained = None
        if closed and can_learn(np.concatenate([origins[other].bought for other in closed])):
            trained = fit_churn(
                [inputs[other] for other in closed], [origins[other].bought for other in closed]
            )
            for champion in ("ensemble", "learnt"):
                chances[champion] = speaking_as(trained, champion).risk(inputs[place]).probability
        judged.append(Fold(origin, models[place], chances, trained))
    return judged


def choose_champion(judged: Sequence[Fold]) -> tuple[Champion, dict[str, float]]:
    """The ensemble, unless another had clearly less log loss over two or more folds that all could judge."""
    spoke = [fold for fold in judged if "ensemble" in fold.chances]
    if not spoke:
        return "ensemble", {}
    losses: dict[Champion, float] = {
        champion: float(
            np.mean([metrics.log_loss(fold.chances[champion], fold.origin.left) for fold in spoke])
        )
        for champion in SHARES
    }
    best = min(losses, key=lambda champion: losses[champion])
    clear = len(spoke) >= _ENOUGH_FOLDS and losses[best] < _CLEARLY * losses["ensemble"]
    return (best if clear else "ensemble"), {str(name): loss for name, loss in losses.items()}


def spoken(judged: Sequence[Fold], champion: Champion) -> list[tuple[Floats, Bools]]:
    """(chance of leaving, left) of the folds in which the champion itself could speak, latest first."""
    return [(fold.chances[champion], fold.origin.left) for fold in judged if champion in fold.chances]


def report(origin: Origin, left_chance: Floats, purchase: PurchaseModel) -> dict[str, Any]:
    """Metrics of one origin, the recency and last-window rules beside them; null where nobody can say."""
    silence, early, single = origin.known.rhythm.silence, origin.early, origin.known.rhythm.repeats == 0
    orders = purchase.expected_orders(origin.seen, origin.horizon)
    found = {
        "origin": str(origin.moment),
        "horizon_weeks": origin.horizon,
        "customers": len(origin.known),
        "left_share": float(origin.left.mean()),
        "auc": metrics.auc(left_chance, origin.left),
        "auc_early": metrics.auc(left_chance[early], origin.left[early]),
        "auc_recency": metrics.auc(silence, origin.left),
        "auc_recency_early": metrics.auc(silence[early], origin.left[early]),
        "brier": metrics.brier(left_chance, origin.left),
        "ece": metrics.calibration_error(left_chance, origin.left),
        "accuracy": float(np.mean((left_chance > 0.5) == origin.left)),  # noqa: PLR2004 - the even chance
        "accuracy_hiatus": hiatus_accuracy(silence, origin.left),
        "lift_early": metrics.lift(left_chance[early], origin.left[early]),
        "orders_mae": metrics.mean_absolute_error(orders, origin.orders),
        "orders_mae_last_window": metrics.mean_absolute_error(_last_window(origin), origin.orders),
        "orders_bias": metrics.bias(orders, origin.orders),
        "groups": {
            "early": _group(left_chance, origin, early),
            "one_order": _group(left_chance, origin, single),
        },
        "reliability": [list(row) for row in metrics.reliability(left_chance, origin.left)],
    }
    return _without_nan(found)


def _group(left_chance: Floats, origin: Origin, group: Bools) -> dict[str, Any]:
    """Figures of a part of the customers; null where it is empty or knows one outcome only."""
    chance, left = left_chance[group], origin.left[group]
    if not len(left):
        return {"customers": 0}
    found = {
        "customers": len(left),
        "left_share": float(left.mean()),
        "said": float(chance.mean()),
        "auc": metrics.auc(chance, left),
        "brier": metrics.brier(chance, left),
    }
    return _without_nan(found)


def _without_nan(found: dict[str, Any]) -> dict[str, Any]:
    # A fold in which nobody, or everybody, ordered again has no such figure, and JSON has no NaN.
    return {
        name: None if isinstance(value, float) and isnan(value) else value for name, value in found.items()
    }


def hiatus_accuracy(silence: Floats, left: Bools) -> float:
    """Accuracy of "silent for more than h weeks has left" at the best h for these very cases: a hard rule."""
    order = np.argsort(silence, kind="stable")
    stayed_below = np.concatenate([[0], np.cumsum(~left[order])])
    left_above = left.sum() - np.concatenate([[0], np.cumsum(left[order])])
    return float((stayed_below + left_above).max() / len(left))


def orders_factor(judged: Sequence[Fold]) -> float:
    """Half (in logs) of observed over expected orders, within .7 and 1.4; 1 when they agree to 5 %.

    The folds lie close together: part of what they are off by is their season, which the next window has not.
    """
    observed = sum(float(fold.origin.orders.sum()) for fold in judged)
    expected = sum(
        float(fold.purchase.expected_orders(fold.origin.seen, fold.origin.horizon).sum()) for fold in judged
    )
    if not expected or abs(observed / expected - 1.0) <= _AGREEMENT:
        return 1.0
    return float(np.sqrt(np.clip(observed / expected, 0.5, 2.0)))


def inputs_at(origin: Origin, purchase: PurchaseModel, usual_gap: float) -> Floats:
    return churn_inputs(origin.known, purchase, origin.horizon, usual_gap)


def _last_window(origin: Origin) -> Floats:
    """Orders of the last 13 weeks, scaled to the horizon."""
    return origin.known.rhythm.orders_13 * origin.horizon / 13.0


def _length(origin: Origin) -> np.timedelta64:
    return np.timedelta64(round(origin.horizon * 7), "D")
