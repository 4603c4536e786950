"""The one way to score: facts, a model and a policy in; every customer's score out, for one or a million."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Bools, Facts, Floats, Ids, Ints
from scoring_svc.modelling.features import Features, features
from scoring_svc.modelling.forecast import Forecast, foresee
from scoring_svc.modelling.lifecycle import PreviousStages, Stages, stages
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles, Segments
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.segments import Labels
from scoring_svc.modelling.tiers import Pins, PreviousTiers, Tiers, tier_inputs, tier_percentiles, tiers


@dataclass(frozen=True, slots=True)
class Previous:
    """What the last scoring said, in the order of the customers of the facts; tiers as by rule."""

    tiers: PreviousTiers
    stages: PreviousStages


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of all customers, by column; `score_of` in `report` gives one as plain values."""

    customers: Ids
    as_of: np.datetime64
    markets: Labels | None
    known: Features
    forecast: Forecast
    tiers: Tiers
    stages: Stages

    def __len__(self) -> int:
        return len(self.customers)

    def as_previous(self) -> Previous:
        return Previous(
            PreviousTiers(self.tiers.by_rule, self.tiers.by_rule_since),
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
    markets: Labels | None = None,
    headroom: Floats | None = None,
    pins: Pins | None = None,
    declared_lost: Bools | None = None,
) -> Scores:
    """Score every customer in `facts` at `as_of`; rows after it change nothing, nor do the other customers.

    For one customer give facts of that one, with the stored `grids` of the last run over everybody.
    `segments` label whom each is ranked among, `markets` who of the model's voices speaks for it.
    """
    return score_known(
        facts.customers,
        features(facts, as_of),
        model,
        policy,
        grids,
        previous=previous,
        segments=segments,
        markets=markets,
        headroom=headroom,
        pins=pins,
        declared_lost=declared_lost,
    )


def score_known(
    customers: Ids,
    known: Features,
    model: ScoringModel,
    policy: Policy,
    grids: Percentiles,
    *,
    previous: Previous | None = None,
    segments: Segments | None = None,
    markets: Labels | None = None,
    headroom: Floats | None = None,
    pins: Pins | None = None,
    declared_lost: Bools | None = None,
) -> Scores:
    """The same from the features of these customers, wherever they come from."""
    forecast = foresee(known, model, policy, markets)
    inputs = tier_inputs(known, forecast.value_52, policy, headroom=headroom)
    held = previous.tiers if previous else None
    placed = tiers(known, inputs, grids, policy, segments=segments, previous=held, pins=pins)
    moved = stages(
        known,
        1.0 - forecast.risk.probability,
        forecast.silent_chance,
        policy,
        forecast.usual_gap,
        previous=previous.stages if previous else None,
        declared_lost=declared_lost,
    )
    return Scores(customers, known.today, markets, known, forecast, placed, moved)


def rank(
    facts: Facts,
    model: ScoringModel,
    policy: Policy,
    as_of: np.datetime64,
    *,
    segments: Segments | None = None,
    markets: Labels | None = None,
    headroom: Floats | None = None,
) -> Percentiles:
    """The grids that `score` needs, from everybody; store them beside the model and the policy."""
    known = features(facts, as_of)
    value_52 = foresee(known, model, policy, markets).value_52
    return tier_percentiles(tier_inputs(known, value_52, policy, headroom=headroom), policy.tiers, segments)


def shares(codes: Ints, names: tuple[str, ...]) -> Mapping[str, int]:
    """How many customers have each of `names`."""
    counts = np.bincount(codes, minlength=len(names))
    return {name: int(count) for name, count in zip(names, counts, strict=True)}
