"""The backtest: what the model would have said at past moments, beside what happened and simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.churn import ChurnModel
from scoring_svc.modelling.churn_fit import can_learn, fit_churn, form_only
from scoring_svc.modelling.facts import Bools, Floats
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.origins import Origin
from scoring_svc.modelling.purchase import PurchaseModel
from scoring_svc.modelling.purchase_fit import VARIANTS, fit_purchase

MOST_FOLDS = 3
_AGREEMENT = 0.05
_WORTH_IT = 0.998  # the closed form must beat the ensemble's log loss by more than chance to replace it


@dataclass(frozen=True, slots=True)
class Fold:
    """One origin, judged by models that saw nothing after it."""

    origin: Origin
    purchase: PurchaseModel
    ensemble: Floats | None  # chance of leaving; None when nothing earlier could be learnt from
    form: Floats

    def chance(self, champion: str) -> Floats:
        return self.form if champion == "p_buy" or self.ensemble is None else self.ensemble


def choose_variant(origins: Sequence[Origin]) -> tuple[str, dict[str, float]]:
    """The purchase model whose p_buy had the least log loss over `origins`, and everybody's loss by name."""
    losses: dict[str, float] = {}
    for family, k in VARIANTS:
        each, name = [], ""
        for origin in origins:
            model = fit_purchase(origin.seen, family=family, k=k)
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
        ensemble = None
        if closed and can_learn(np.concatenate([origins[other].bought for other in closed])):
            trained = fit_churn(
                [inputs[other] for other in closed], [origins[other].bought for other in closed]
            )
            ensemble = trained.risk(inputs[place]).probability
        form = 1.0 - models[place].p_buy(origin.seen, origin.horizon)
        judged.append(Fold(origin, models[place], ensemble, form))
    return judged


def choose_champion(judged: Sequence[Fold]) -> tuple[str, dict[str, float]]:
    """Ensemble or closed form, by log loss over the folds in which both could speak."""
    both = [(fold.ensemble, fold) for fold in judged if fold.ensemble is not None]
    if not both:
        return "ensemble", {}
    losses = {
        "ensemble": float(np.mean([metrics.log_loss(chance, fold.origin.left) for chance, fold in both])),
        "p_buy": float(np.mean([metrics.log_loss(fold.form, fold.origin.left) for _, fold in both])),
    }
    return ("p_buy" if losses["p_buy"] < _WORTH_IT * losses["ensemble"] else "ensemble"), losses


def spoken(judged: Sequence[Fold], champion: str) -> list[tuple[Floats, Bools]]:
    """(chance of leaving, left) of the folds in which the champion itself could speak, latest first."""
    return [
        (fold.chance(champion), fold.origin.left)
        for fold in judged
        if champion == "p_buy" or fold.ensemble is not None
    ]


def speaking_as(model: ChurnModel, champion: str) -> ChurnModel:
    return form_only(model) if champion == "p_buy" else model


def report(origin: Origin, left_chance: Floats, purchase: PurchaseModel) -> dict[str, Any]:
    """Metrics of one origin, with the recency and last-window rules beside them."""
    silence, early = origin.known.rhythm.silence, origin.early
    orders = purchase.expected_orders(origin.seen, origin.horizon)
    return {
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
        "reliability": [list(row) for row in metrics.reliability(left_chance, origin.left)],
    }


def hiatus_accuracy(silence: Floats, left: Bools) -> float:
    """Accuracy of "silent for more than h weeks has left" at the best h for these very cases: a hard rule."""
    order = np.argsort(silence, kind="stable")
    stayed_below = np.concatenate([[0], np.cumsum(~left[order])])
    left_above = left.sum() - np.concatenate([[0], np.cumsum(left[order])])
    return float((stayed_below + left_above).max() / len(left))


def orders_factor(judged: Sequence[Fold]) -> float:
    """Observed over expected orders in the folds, within a half and two; 1 when they agree to 5 %."""
    observed = sum(float(fold.origin.orders.sum()) for fold in judged)
    expected = sum(
        float(fold.purchase.expected_orders(fold.origin.seen, fold.origin.horizon).sum()) for fold in judged
    )
    if not expected or abs(observed / expected - 1.0) <= _AGREEMENT:
        return 1.0
    return float(np.clip(observed / expected, 0.5, 2.0))


def inputs_at(origin: Origin, purchase: PurchaseModel, usual_gap: float) -> Floats:
    return churn_inputs(origin.known, purchase, origin.horizon, usual_gap)


def _last_window(origin: Origin) -> Floats:
    """Orders of the last 13 weeks, scaled to the horizon."""
    return origin.known.rhythm.orders_13 * origin.horizon / 13.0


def _length(origin: Origin) -> np.timedelta64:
    return np.timedelta64(round(origin.horizon * 7), "D")
