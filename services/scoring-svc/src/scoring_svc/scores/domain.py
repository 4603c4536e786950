"""From a model's score to the row that is kept, and what about it is news."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.lifecycle.domain import WITHDRAWN
from scoring_svc.modelling.facts import Floats, Ints
from scoring_svc.modelling.lifecycle import NO_STAGE, STAGES, PreviousStages
from scoring_svc.modelling.report import Score
from scoring_svc.modelling.scoring import Previous
from scoring_svc.modelling.states.columns import States
from scoring_svc.modelling.states.parts import NEVER
from scoring_svc.modelling.tiers import NO_TIER, TIERS, PreviousTiers
from scoring_svc.modelling.wording import Reason

NOTHING_KNOWN = -1.0
"""The churn rank of a customer on whom there is no verdict."""

_NEWS = ("tier", "lifecycle_stage", "churn_level")
NOTABLE = 0.05
_OF_REASON = tuple(each.name for each in fields(Reason))
_SOONEST = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(moment: datetime) -> np.datetime64:
    """An aware moment as numpy knows it, in UTC."""
    return np.datetime64(moment.replace(tzinfo=None), "us")


def previous(
    customers: Sequence[UUID],
    rows: Mapping[UUID, Mapping[str, Any]],
    *,
    unsaid: Collection[UUID] = (),
) -> Previous:
    """What the last scores said of these customers: tiers without pins, and of those `unsaid` no stage."""
    held = [rows.get(customer) for customer in customers]
    staged = [None if customer in unsaid else row for customer, row in zip(customers, held, strict=True)]
    return Previous(
        held_tiers(held),
        PreviousStages(
            np.array(
                [STAGES.index(row["lifecycle_stage"]) if row else NO_STAGE for row in staged], dtype=np.int64
            ),
            _days([row["stage_since"] if row else None for row in staged]),
        ),
    )


def held_tiers(rows: Sequence[Mapping[str, Any] | None]) -> PreviousTiers:
    """The tiers by rule of these scores; none where there is no score."""
    return PreviousTiers(
        np.array(
            [TIERS.index(row["rule_tier"] or row["tier"]) if row else NO_TIER for row in rows], dtype=np.int64
        ),
        _days([(row["rule_tier_since"] or row["tier_since"]) if row else None for row in rows]),
    )


def _days(values: Sequence[date | None]) -> Any:
    return np.array(values, dtype="datetime64[D]")


def stored(score: Score, *, minor_per_unit: float) -> dict[str, Any]:
    """The score as columns; what belongs to the run (model, policy, customer) is added by who stores it."""
    reasons = [{name: getattr(each, name) for name in _OF_REASON} for each in score.churn.reasons]
    return {
        "tier": score.tier,
        "tier_since": date.fromisoformat(score.tier_since),
        **beneath(
            (score.tier, score.tier_since), (score.rule_tier, date.fromisoformat(score.rule_tier_since))
        ),
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
            "evidence": score.churn.evidence,
            "reasons": [{**each, "contribution": each["weight"]} for each in reasons],
            "drivers": list(score.churn.drivers),
            "recommended_action": asdict(score.churn.recommended_action),
            "after_first_order": score.churn.after_first_order and asdict(score.churn.after_first_order),
        },
        "features": score.features,
    }


def beneath(shown: tuple[str, str], by_rule: tuple[str, date]) -> dict[str, Any]:
    """Columns of what the rules say beneath a pin, by (tier, since) each; null where nothing lies over."""
    if shown == (by_rule[0], str(by_rule[1])):
        return {"rule_tier": None, "rule_tier_since": None}
    return {"rule_tier": by_rule[0], "rule_tier_since": by_rule[1]}


def keep_stages(
    rows: Iterable[dict[str, Any]],
    before: Mapping[UUID, Mapping[str, Any]],
    *,
    unsaid: Collection[UUID],
) -> None:
    """Have who stays in a stage stay since then and by the cause of then; say whose loss was taken back."""
    for row in rows:
        held = before.get(row["customer_id"])
        if held is None:
            continue
        if held["lifecycle_stage"] == row["lifecycle_stage"]:
            row["stage_since"] = held["stage_since"]
            if row["customer_id"] not in unsaid:
                row["stage_cause"] = held["stage_cause"]
        elif row["customer_id"] in unsaid:
            row["stage_cause"] = WITHDRAWN


def moment_of(kept: States, now: datetime) -> np.datetime64:
    """The moment to score these states at: now, or where a clock that is ahead has told of more, its day."""
    newest = np.datetime64(kept.newest_day, "D").astype("datetime64[us]")
    return max(instant(now), newest)


def review_moments(weeks: Floats, ahead: Ints, now: datetime) -> list[datetime | None]:
    """When each score will have moved without a new fact; None if never.

    By silence, which takes a day at least (NaN weeks: without an order it moves nothing), or by a fact that
    lies `ahead`, in microseconds since 1970.
    """
    silent = [None if np.isnan(wait) else now + max(timedelta(weeks=float(wait)), _SOONEST) for wait in weeks]
    known = [None if end == NEVER else _EPOCH + timedelta(microseconds=end) for end in ahead.tolist()]
    return [
        min((each for each in pair if each is not None), default=None)
        for pair in zip(silent, known, strict=True)
    ]


def is_news(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether something that people act on changed: a band, or the risk by five points."""
    if before is None or any(now[name] != before[name] for name in _NEWS):
        return True
    return bool(abs(now["churn_rank"] - before["churn_rank"]) >= NOTABLE)
