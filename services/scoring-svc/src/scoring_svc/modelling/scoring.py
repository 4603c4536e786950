"""The one way to score: facts, a model and a policy in; every customer's score out, for one or a million."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.churn import ChurnRisk
from scoring_svc.modelling.facts import Bools, Facts, Floats, Ids, Ints
from scoring_svc.modelling.features import Features, features
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.levels import levels
from scoring_svc.modelling.lifecycle import PreviousStages, Stages, chance_a_week_ago, stages
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles, Segments
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.purchase import histories
from scoring_svc.modelling.reasons import Reasons, reasons
from scoring_svc.modelling.tiers import PreviousTiers, Tiers, tier_inputs, tier_percentiles, tiers
from scoring_svc.modelling.value import expected_value
from scoring_svc.modelling.weeks import YEAR

_LEAST_AND_MOST_FAITH = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of each customer; shape (customers,) each, 0 and NaN without an order."""

    p_alive: Floats  # NaN without an order; 1 for one-order customers of a BG model: not a risk
    expected_orders: Floats  # within the horizon
    order_value: Floats
    expected_value: Floats  # within the horizon, undiscounted
    value_52: Floats  # within 52 weeks, discounted
    risk: ChurnRisk  # its probability is of no order within the horizon
    reasons: Reasons
    level: Ints  # into LEVELS


@dataclass(frozen=True, slots=True)
class Previous:
    """What the last scoring said, in the order of the customers of the facts."""

    tiers: PreviousTiers
    stages: PreviousStages


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of all customers, by column; `score_of` in `report` gives one as plain values."""

    customers: Ids
    as_of: np.datetime64
    horizon_weeks: float
    known: Features
    forecast: Forecast
    tiers: Tiers
    stages: Stages

    def __len__(self) -> int:
        return len(self.customers)

    def as_previous(self) -> Previous:
        return Previous(
            PreviousTiers(self.tiers.tier, self.tiers.since),
            PreviousStages(self.stages.stage, self.stages.since),
        )


def score(
    facts: Facts,
    model: ScoringModel,
    policy: Policy,
    grids: Percentiles,
    as_of: np.datetime64,
    *,
    previous: Previous | None = None,
    segments: Segments | None = None,
    headroom: Floats | None = None,
    declared_lost: Bools | None = None,
) -> Scores:
    """Score every customer in `facts` at `as_of`; rows after it change nothing, nor do the other customers.

    For one customer give facts of that one, with the stored `grids` of the last run over everybody.
    """
    return score_known(
        facts.customers,
        features(facts, as_of),
        model,
        policy,
        grids,
        as_of,
        previous=previous,
        segments=segments,
        headroom=headroom,
        declared_lost=declared_lost,
    )


def score_known(  # noqa: PLR0917 - the arguments of `score`, with features in place of facts
    customers: Ids,
    known: Features,
    model: ScoringModel,
    policy: Policy,
    grids: Percentiles,
    as_of: np.datetime64,
    *,
    previous: Previous | None = None,
    segments: Segments | None = None,
    headroom: Floats | None = None,
    declared_lost: Bools | None = None,
) -> Scores:
    """As `score`, from features that were computed already, at `as_of`."""
    forecast = foresee(known, model, policy)
    inputs = tier_inputs(known, forecast.value_52, policy, headroom=headroom)
    placed = tiers(
        known, inputs, grids, policy, segments=segments, previous=previous.tiers if previous else None
    )
    moved = stages(
        known,
        1.0 - forecast.risk.probability,
        chance_a_week_ago(model.purchase, histories(known.rhythm), model.horizon_weeks),
        policy,
        model.usual_gap,
        previous=previous.stages if previous else None,
        declared_lost=declared_lost,
    )
    return Scores(customers, as_of, model.horizon_weeks, known, forecast, placed, moved)


def rank(
    facts: Facts,
    model: ScoringModel,
    policy: Policy,
    as_of: np.datetime64,
    *,
    segments: Segments | None = None,
    headroom: Floats | None = None,
) -> Percentiles:
    """The grids that `score` needs, from everybody; store them beside the model and the policy."""
    known = features(facts, as_of)
    value_52 = foresee(known, model, policy).value_52
    return tier_percentiles(tier_inputs(known, value_52, policy, headroom=headroom), policy.tiers, segments)


def foresee(known: Features, model: ScoringModel, policy: Policy) -> Forecast:
    """Forecast, risk, level and reasons of every customer.

    Orders are the purchase model's, scaled by what the churn model makes of its chance of an order, so that
    both tell one story: a complaint lowers orders and value too.
    """
    seen, bought = histories(known.rhythm), known.bought
    risk = model.churn.risk(churn_inputs(known, model.purchase, model.horizon_weeks, model.usual_gap))
    order_value = model.spend.order_value(known.rhythm.order_days, known.rhythm.mean_value)
    faith = np.where(
        bought, _faith(1.0 - risk.probability, model.purchase.p_buy(seen, model.horizon_weeks)), 0.0
    )
    orders = faith * model.purchase.expected_orders(seen, model.horizon_weeks)
    value_52 = faith * expected_value(
        model.purchase,
        seen,
        order_value,
        weeks=YEAR,
        margin=policy.margin,
        yearly_discount=policy.yearly_discount,
    )
    return Forecast(
        p_alive=np.where(bought, model.purchase.p_alive(seen), np.nan),
        expected_orders=orders,
        order_value=np.where(bought, order_value, np.nan),
        expected_value=orders * order_value * policy.margin,
        value_52=value_52,
        risk=ChurnRisk(np.where(bought, risk.probability, np.nan), risk.lifts, risk.base),
        reasons=reasons(known, risk, model.usual_gap, model.horizon_weeks),
        level=levels(known, risk.probability, policy.risk, model.usual_gap),
    )


def _faith(buy_chance: Floats, closed_form: Floats) -> Floats:
    return np.clip(buy_chance / np.maximum(closed_form, 1e-9), *_LEAST_AND_MOST_FAITH)


def shares(codes: Ints, names: tuple[str, ...]) -> Mapping[str, int]:
    """How many customers have each of `names`."""
    counts = np.bincount(codes, minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True)}
