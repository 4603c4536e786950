"""The scoring model: everything learnt from a log as of a moment, as one value that can be stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scoring_svc.modelling import backtest
from scoring_svc.modelling.churn import ChurnModel
from scoring_svc.modelling.churn_fit import can_learn, fit_churn, prior_churn, speaking_as, worth_calibrating
from scoring_svc.modelling.facts import Facts, Ints
from scoring_svc.modelling.features import Features, features, median_gap
from scoring_svc.modelling.origins import Origin, buyers_at, look_back, moments
from scoring_svc.modelling.purchase import PurchaseModel, histories
from scoring_svc.modelling.purchase_fit import fit_from_prior, fit_named, fit_purchase
from scoring_svc.modelling.spend import SpendModel, fit_spend
from scoring_svc.modelling.value import horizon_for

FEWEST_CUSTOMERS, FEWEST_REPEATS = 300, 1000
MOST_CUSTOMERS = 40_000
GAP_UNKNOWN = 6.0
FORMAT = 1


@dataclass(frozen=True, slots=True)
class ScoringModel:
    """`basis` is "fitted", or "prior" below 300 customers or 1,000 repeat orders; `card` is the backtest."""

    as_of: str
    horizon_weeks: float
    basis: str
    usual_gap: float  # weeks; the median customer's
    purchase: PurchaseModel
    spend: SpendModel
    churn: ChurnModel
    card: dict[str, Any] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "format": FORMAT,
            "as_of": self.as_of,
            "horizon_weeks": self.horizon_weeks,
            "basis": self.basis,
            "usual_gap": self.usual_gap,
            "purchase": self.purchase.to_document(),
            "spend": self.spend.to_document(),
            "churn": self.churn.to_document(),
            "card": self.card,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ScoringModel:
        """Raise ValueError for a document of another format."""
        if document.get("format") != FORMAT:
            raise ValueError("the document is of another format")
        return cls(
            as_of=document["as_of"],
            horizon_weeks=document["horizon_weeks"],
            basis=document["basis"],
            usual_gap=document["usual_gap"],
            purchase=PurchaseModel.from_document(document["purchase"]),
            spend=SpendModel.from_document(document["spend"]),
            churn=ChurnModel.from_document(document["churn"]),
            card=document["card"],
        )


def learn(
    facts: Facts,
    as_of: np.datetime64,
    *,
    horizon_weeks: float | None = None,
    first: np.datetime64 | None = None,
) -> ScoringModel:
    """Fit everything on what was known at `as_of`; the same facts give the same model.

    Without `horizon_weeks` it is 4, 13 or 26 weeks by the usual gap. Above 40,000 buyers every n-th teaches;
    where `facts` are of a part of the customers already, `first` is when the log of all begins.
    """
    known = facts.as_of(as_of)
    buyers = known.chosen(_teachers(buyers_at(known, as_of)))
    now = features(buyers, as_of)
    gap = median_gap(now.rhythm)
    horizon = horizon_weeks or horizon_for(gap)
    gap = float(np.clip(gap, 0.2, 52.0)) if np.isfinite(gap) else GAP_UNKNOWN
    spend = fit_spend(now.rhythm.order_days, now.rhythm.mean_value)
    purchase = fit_from_prior(histories(now.rhythm), gap)
    base = ScoringModel(str(as_of), horizon, "prior", gap, purchase, spend, prior_churn())
    if len(buyers) < FEWEST_CUSTOMERS or now.rhythm.repeats.sum() < FEWEST_REPEATS:
        return replace(
            base,
            card={
                "customers": len(buyers),
                "note": "too little data: prior parameters, moved by what there is",
            },
        )
    past = moments(known.orders.ts.min() if first is None else first, as_of, horizon)
    return _fitted(base, now, [look_back(buyers, moment, horizon) for moment in past])


def _teachers(buyers: Ints) -> Ints:
    return buyers[:: -(-len(buyers) // MOST_CUSTOMERS)] if len(buyers) else buyers


def _fitted(base: ScoringModel, now: Features, origins: list[Origin]) -> ScoringModel:
    origins = [origin for origin in origins if len(origin.known) >= FEWEST_CUSTOMERS]
    seen = histories(now.rhythm)
    if not origins or not can_learn(np.concatenate([origin.bought for origin in origins])):
        card = {"customers": len(now), "note": "too short a history for a backtest: prior churn weights"}
        return replace(base, basis="fitted", purchase=fit_purchase(seen), card=card)
    variant, variant_losses = backtest.choose_variant(origins[: backtest.MOST_FOLDS])
    models = [fit_named(origin.seen, variant) for origin in origins]
    inputs = [
        backtest.inputs_at(origin, model, base.usual_gap)
        for origin, model in zip(origins, models, strict=True)
    ]
    judged = backtest.folds(origins, models, inputs)
    champion, losses = backtest.choose_champion(judged)
    churn = speaking_as(fit_churn(inputs, [origin.bought for origin in origins]), champion)
    calibration = worth_calibrating(backtest.spoken(judged, champion))
    purchase = replace(fit_named(seen, variant), orders_factor=backtest.orders_factor(judged))
    card = {
        "customers": len(now),
        "variant_log_loss": variant_losses,
        "champion_log_loss": losses,
        "calibrated": calibration is not None,
        "folds": [backtest.report(fold.origin, fold.chance(champion), fold.purchase) for fold in judged],
    }
    churn = replace(churn, calibration=calibration or churn.calibration)
    return replace(base, basis="fitted", purchase=purchase, churn=churn, card=card)
