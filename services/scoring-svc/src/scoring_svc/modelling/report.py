"""One customer's score as plain values with its reasons in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import numpy as np

from scoring_svc.modelling.actions import GET_TO_KNOW, NOTHING, Action, action
from scoring_svc.modelling.cold_start import Interval
from scoring_svc.modelling.features import Row
from scoring_svc.modelling.levels import LEVELS, UNKNOWN
from scoring_svc.modelling.lifecycle import STAGES
from scoring_svc.modelling.measures import Seat, measured
from scoring_svc.modelling.reasons import Category
from scoring_svc.modelling.scoring import Scores
from scoring_svc.modelling.tiers import TIERS
from scoring_svc.modelling.wording import Reason, facts_said, reason, too_little_data

Level = Literal["unknown", "low", "medium", "high"]
Evidence = Literal["none", "low", "enough"]


@dataclass(frozen=True, slots=True)
class AfterFirst:
    """Of customers of the market with one order, as long ago: the `share` that did not order, 90 % sure."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Churn:
    """`probability` of no order within the horizon; None, with the reason why, where there is no verdict."""

    probability: float | None
    level: Level
    evidence: Evidence  # none: no order; low: one order
    reasons: tuple[Reason, ...]
    drivers: tuple[Category, ...]
    recommended_action: Action
    after_first_order: AfterFirst | None = None  # where there was one


@dataclass(frozen=True, slots=True)
class Score:
    """Percentiles are 0 to 100, money is in the unit of the facts."""

    customer: Any
    tier: str
    tier_since: str
    rule_tier: str  # what the rules say beneath a pin; else the tier itself
    rule_tier_since: str
    contribution: float
    potential: float
    brought_52: float
    negative_value: bool
    lifecycle_stage: str
    stage_since: str
    stage_cause: str
    p_alive: float | None
    expected_purchases: float
    expected_value: float
    value_52: float
    order_value: float | None
    horizon_weeks: float
    churn: Churn
    features: dict[str, float | str | None]

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values, if the customer's id is one."""
        return asdict(self)


def score_of(scores: Scores, index: int) -> Score:
    """The score of the customer at `index` of the facts that were scored."""
    return _score(scores, index, scores.known.row(index))


def all_scores(scores: Scores) -> Iterator[Score]:
    """`score_of` everybody, with less work for each."""
    for index, row in enumerate(scores.known.rows()):
        yield _score(scores, index, row)


def _score(scores: Scores, index: int, row: Row) -> Score:
    forecast, placed, moved = scores.forecast, scores.tiers, scores.stages
    return Score(
        customer=scores.customers[index],
        tier=TIERS[int(placed.tier[index])],
        tier_since=str(placed.since[index]),
        rule_tier=TIERS[int(placed.by_rule[index])],
        rule_tier_since=str(placed.by_rule_since[index]),
        contribution=float(placed.contribution[index]),
        potential=float(placed.potential[index]),
        brought_52=float(placed.brought[index]),
        negative_value=bool(placed.negative_value[index]),
        lifecycle_stage=STAGES[int(moved.stage[index])],
        stage_since=str(moved.since[index]),
        stage_cause=moved.cause(index),
        p_alive=_known(forecast.p_alive[index]),
        expected_purchases=float(forecast.expected_orders[index]),
        expected_value=float(forecast.expected_value[index]),
        value_52=float(forecast.value_52[index]),
        order_value=_known(forecast.order_value[index]),
        horizon_weeks=float(forecast.horizon[index]),
        churn=_churn(scores, index, row),
        features=row,
    )


def _churn(scores: Scores, index: int, row: Row) -> Churn:
    level = int(scores.forecast.level[index])
    if level == UNKNOWN:
        return Churn(None, "unknown", "none", (too_little_data(),), (), action(GET_TO_KNOW))
    ranked = scores.forecast.reasons.ranked(index)
    first = next((code for code, _ in ranked if code.kind == "driver"), ranked[0][0] if ranked else None)
    calm = LEVELS[level] == "low" and (first is None or first.kind == "signal")
    return Churn(
        probability=float(scores.forecast.risk.probability[index]),
        level=cast("Level", LEVELS[level]),
        evidence="enough" if scores.known.rhythm.repeats[index] > 0 else "low",
        reasons=_reasons(scores, index, row) if ranked else (),
        drivers=tuple(scores.forecast.reasons.drivers(index)),
        recommended_action=action(NOTHING if calm or first is None else first.action),
        after_first_order=_after_first(scores.forecast.after_first, index),
    )


def _after_first(told: Interval, index: int) -> AfterFirst | None:
    if np.isnan(told.share[index]):
        return None
    return AfterFirst(float(told.share[index]), float(told.low[index]), float(told.high[index]))


def _reasons(scores: Scores, index: int, row: Row) -> tuple[Reason, ...]:
    forecast, said = scores.forecast, facts_said(scores.known, index, row)
    seat = Seat(scores.known, index, float(forecast.usual_gap[index]), float(forecast.horizon[index]))
    return tuple(
        reason(code, weight, measured(code.name, seat), said)
        for code, weight in forecast.reasons.ranked(index)
    )


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
