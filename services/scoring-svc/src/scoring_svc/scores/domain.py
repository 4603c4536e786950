"""From a model's score to the row that is kept, and what about it is news."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.lifecycle import NO_STAGE, STAGES, PreviousStages
from scoring_svc.modelling.report import Score
from scoring_svc.modelling.scoring import Previous
from scoring_svc.modelling.tiers import NO_TIER, TIERS, PreviousTiers

NOTHING_KNOWN = -1.0
"""The churn rank of a customer on whom there is no verdict."""

_NEWS = ("tier", "lifecycle_stage", "churn_level")
NOTABLE = 0.05
_SOONEST = timedelta(days=1)


def instant(moment: datetime) -> np.datetime64:
    """An aware moment as numpy knows it, in UTC."""
    return np.datetime64(moment.replace(tzinfo=None), "us")


def previous(customers: Sequence[UUID], rows: Mapping[UUID, Mapping[str, Any]]) -> Previous:
    """What the last scores said, in the order of these customers."""
    held = [rows.get(customer) for customer in customers]
    return Previous(
        PreviousTiers(
            np.array([TIERS.index(row["tier"]) if row else NO_TIER for row in held], dtype=np.int64),
            _days([row["tier_since"] if row else None for row in held]),
        ),
        PreviousStages(
            np.array(
                [STAGES.index(row["lifecycle_stage"]) if row else NO_STAGE for row in held], dtype=np.int64
            ),
            _days([row["stage_since"] if row else None for row in held]),
        ),
    )


def _days(values: Sequence[date | None]) -> Any:
    return np.array(values, dtype="datetime64[D]")


def stored(score: Score, *, minor_per_unit: float) -> dict[str, Any]:
    """The score as columns; what belongs to the run (model, policy, customer) is added by who stores it."""
    churn = asdict(score.churn)
    return {
        "tier": score.tier,
        "tier_since": date.fromisoformat(score.tier_since),
        "contribution": score.contribution,
        "potential": score.potential,
        "negative_value": score.negative_value,
        "lifecycle_stage": score.lifecycle_stage,
        "stage_since": date.fromisoformat(score.stage_since),
        "stage_cause": score.stage_cause,
        "p_alive": score.p_alive,
        "expected_purchases": score.expected_purchases,
        "expected_value_minor": round(score.expected_value * minor_per_unit),
        "value_52_minor": round(score.value_52 * minor_per_unit),
        "contributed_52_minor": round(score.brought_52 * minor_per_unit),
        "horizon_weeks": score.horizon_weeks,
        "churn_probability": score.churn.probability,
        "churn_rank": NOTHING_KNOWN if score.churn.probability is None else score.churn.probability,
        "churn_level": score.churn.level,
        "churn": {
            "evidence": churn["evidence"],
            "reasons": list(churn["reasons"]),
            "drivers": list(churn["drivers"]),
            "recommended_action": churn["recommended_action"],
        },
        "features": score.features,
    }


def review_moments(weeks: Floats, now: datetime) -> list[datetime | None]:
    """When silence alone will have moved each score; None without an order, never sooner than in a day."""
    return [None if np.isnan(wait) else now + max(timedelta(weeks=float(wait)), _SOONEST) for wait in weeks]


def is_news(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether something that people act on changed: a band, or the risk by five points."""
    if before is None or any(now[name] != before[name] for name in _NEWS):
        return True
    return bool(abs(now["churn_rank"] - before["churn_rank"]) >= NOTABLE)
