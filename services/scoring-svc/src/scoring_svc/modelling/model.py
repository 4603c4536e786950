"""The scoring model: everything learnt from a log as of a moment, as one value that can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scoring_svc.modelling import backtest
from scoring_svc.modelling.churn import ChurnModel
from scoring_svc.modelling.churn_fit import can_learn, fit_churn, prior_churn, speaking_as, worth_calibrating
from scoring_svc.modelling.cold_start import NOBODY_SEEN, SecondOrders, second_orders
from scoring_svc.modelling.facts import Facts, Ints
from scoring_svc.modelling.features import Features, features, median_gap
from scoring_svc.modelling.origins import Origin, buyers_at, look_back, moments
from scoring_svc.modelling.proof import fold_proof
from scoring_svc.modelling.purchase import PurchaseModel, histories
from scoring_svc.modelling.purchase_fit import fit_from_prior, fit_named, fit_trusted
from scoring_svc.modelling.segments import EVERYBODY, Labels, coarser
from scoring_svc.modelling.spend import SpendModel, fit_spend
from scoring_svc.modelling.standing import reference_of
from scoring_svc.modelling.value import horizon_for
from scoring_svc.modelling.window_levels import Levels, learnt_levels

FEWEST_CUSTOMERS, FEWEST_REPEATS = 300, 1000
MOST_CUSTOMERS = 40_000
GAP_UNKNOWN = 6.0
FORMAT = 1


@dataclass(frozen=True, slots=True)
class ScoringModel:
    """`basis` is "fitted", or "prior" below 300 customers or 1,000 repeat orders; `card` is the backtest.

    `window_levels` are where its windows of the next order end; None where too little taught it that, and in
    models from before they were learnt.

    `voices` are models that speak in its place for some markets, by name, and `segments` names the voice of
    each such market; a finer one that it does not name is spoken for by the voice of the coarser one.
    """

    as_of: str
    horizon_weeks: float
    basis: str
    usual_gap: float  # weeks; the median customer's
    purchase: PurchaseModel
    spend: SpendModel
    churn: ChurnModel
    second_orders: SecondOrders = NOBODY_SEEN
    card: dict[str, Any] = field(default_factory=dict)
    window_levels: Levels | None = None
    voices: Mapping[str, ScoringModel] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)

    def speaking_for(self, labels: Labels | None, size: int) -> list[tuple[ScoringModel, Ints | None]]:
        """Who speaks for which of `size` customers, by index; None stands for all of them."""
        if labels is None or not self.segments:
            return [(self, None)]
        names, place = np.unique(labels, return_inverse=True)
        voice = np.array([self._voice(str(name)) for name in names], dtype=object)[place]
        chosen = [(name, np.flatnonzero(voice == name)) for name in dict.fromkeys(voice.tolist())]
        spoken = [(self.voices.get(name, self), indexes) for name, indexes in chosen]
        return [(model, None if len(indexes) == size else indexes) for model, indexes in spoken]

    def _voice(self, label: str) -> str:
        return next((self.segments[each] for each in coarser(label) if each in self.segments), EVERYBODY)

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
            "second_orders": self.second_orders.to_document(),
            "card": self.card,
            "window_levels": None if self.window_levels is None else list(self.window_levels),
            "voices": {name: voice.to_document() for name, voice in self.voices.items()},
            "segments": dict(self.segments),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ScoringModel:
        """From a document of today, or from before voices and second orders were learnt; else ValueError."""
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
            second_orders=(
                SecondOrders.from_document(document["second_orders"])
                if "second_orders" in document
                else NOBODY_SEEN
            ),
            card=document["card"],
            window_levels=tuple(document.get("window_levels") or ()) or None,
            voices={name: cls.from_document(voice) for name, voice in document.get("voices", {}).items()},
            segments=document.get("segments", {}),
        )


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model with the past on which it was judged, latest first, and the moments that it was learnt from."""

    model: ScoringModel
    folds: Sequence[backtest.Fold] = ()
    past: Sequence[np.datetime64] = ()


def learn(facts: Facts, as_of: np.datetime64, *, horizon_weeks: float | None = None) -> ScoringModel:
    """Fit everything on what was known at `as_of`; the same facts give the same model.

    Without `horizon_weeks` it is 4, 13 or 26 weeks by the usual gap. Above 40,000 buyers every n-th teaches.
    The card says how these stood (`reference`), which drift is measured from.
    """
    return learn_and_judge(facts, as_of, horizon_weeks=horizon_weeks).model


def learn_and_judge(
    facts: Facts,
    as_of: np.datetime64,
    *,
    horizon_weeks: float | None = None,
    past: Sequence[np.datetime64] | None = None,
    markets: Labels | None = None,
) -> Learnt:
    """`learn`, with its folds; from the moments `past` if given, else from those that the log allows.

    With `markets`, one label a customer, the card says how it did in each of them.
    """
    chosen = _teaching(facts, as_of)
    buyers = facts.as_of(as_of).chosen(chosen)
    now = features(buyers, as_of)
    past_of = _Past(buyers, past, None if markets is None else markets[chosen])
    learnt = _learnt(past_of, now, as_of, horizon_weeks)
    model = learnt.model
    card = {**model.card, "reference": reference_of(now, model)}
    return replace(learnt, model=replace(model, card=card))


def teachers(facts: Facts, as_of: np.datetime64) -> Facts:
    """Of whom a model is learnt at `as_of`: at most 40,000 buyers by then, with what was known by then."""
    return facts.as_of(as_of).chosen(_teaching(facts, as_of))


def _teaching(facts: Facts, as_of: np.datetime64) -> Ints:
    buyers = buyers_at(facts, as_of)
    return buyers[:: -(-len(buyers) // MOST_CUSTOMERS)] if len(buyers) else buyers


def enough(now: Features) -> bool:
    """Whether there is enough to fit: 300 customers and 1,000 repeat orders."""
    return len(now) >= FEWEST_CUSTOMERS and bool(now.rhythm.repeats.sum() >= FEWEST_REPEATS)


@dataclass(frozen=True, slots=True)
class _Past:
    """Who teaches, from which moments (None: as the log allows), and the market of each."""

    buyers: Facts
    moments: Sequence[np.datetime64] | None
    markets: Labels | None

    def origins(self, as_of: np.datetime64, horizon: float) -> list[Origin]:
        wanted = self.moments
        if wanted is None:
            wanted = moments(self.buyers.orders.ts.min(), as_of, horizon)
        return [look_back(self.buyers, moment, horizon) for moment in wanted]


def _learnt(past: _Past, now: Features, as_of: np.datetime64, horizon_weeks: float | None) -> Learnt:
    gap = median_gap(now.rhythm)
    horizon = horizon_weeks or horizon_for(gap)
    gap = float(np.clip(gap, 0.2, 52.0)) if np.isfinite(gap) else GAP_UNKNOWN
    spend = fit_spend(now.rhythm.order_days, now.rhythm.mean_value)
    purchase = fit_from_prior(histories(now.rhythm), gap)
    base = ScoringModel(str(as_of), horizon, "prior", gap, purchase, spend, prior_churn())
    if not enough(now):
        note = "too little data: prior parameters, moved by what there is"
        return Learnt(replace(base, card={"customers": len(now), "note": note}))
    return _fitted(base, now, past, as_of)


def _fitted(base: ScoringModel, now: Features, past: _Past, as_of: np.datetime64) -> Learnt:
    origins, markets = past.origins(as_of, base.horizon_weeks), past.markets
    origins = [origin for origin in origins if len(origin.known) >= FEWEST_CUSTOMERS]
    seen = histories(now.rhythm)
    if not origins or not can_learn(np.concatenate([origin.bought for origin in origins])):
        card = {"customers": len(now), "note": "too short a history for a backtest: prior churn weights"}
        return Learnt(replace(base, basis="fitted", purchase=fit_trusted(seen), card=card))
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
    window_levels, windows = learnt_levels(past.buyers, origins, models, as_of)
    card = {
        "customers": len(now),
        "windows": windows,
        "purchase_fit": "drawn to the prior: the free fit ran to a bound" if purchase.degenerate else "free",
        "variant_log_loss": variant_losses,
        "champion_log_loss": losses,
        "calibrated": calibration is not None,
        "folds": [
            {
                **backtest.report(fold.origin, fold.chance(champion), fold.purchase),
                **fold_proof(
                    fold.origin,
                    {str(name): each for name, each in fold.chances.items()},
                    fold.purchase,
                    champion=champion,
                    segments=None if markets is None else markets[fold.origin.who],
                ),
            }
            for fold in judged
        ],
    }
    churn = replace(churn, calibration=calibration or churn.calibration)
    model = replace(
        base,
        basis="fitted",
        purchase=purchase,
        churn=churn,
        second_orders=second_orders(origins, markets),
        card=card,
        window_levels=window_levels,
    )
    return Learnt(model, judged, [origin.moment for origin in origins])
