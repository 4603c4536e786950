"""What a stage was decided on, and why people declare a customer lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

LossReason = Literal["competitor", "price", "quality", "service", "closed_down", "no_need", "other"]
_SEEN = ("order_days", "last_day", "orders_52", "open_severity", "satisfaction_last")

DECLARED, WITHDRAWN = "declared_lost", "loss_withdrawn"
"""Causes of stages by somebody's word."""


@dataclass(frozen=True, slots=True)
class Words:
    """Who is `lost` because somebody says so, and who was until the word was `withdrawn`."""

    lost: frozenset[UUID]
    withdrawn: frozenset[UUID]


def spoken(standing: Iterable[Mapping[str, Any]], before: Mapping[UUID, Mapping[str, Any]]) -> Words:
    """From the declarations that stood until now, and the stages that customers were in.

    Who was lost by a word alone, and is not any more though they did not order, has it taken back.
    """
    told = {row["customer_id"]: row["ordered"] for row in standing}
    held = {one for one, row in before.items() if row["stage_cause"] == DECLARED}
    return Words(
        frozenset(one for one, ordered in told.items() if not ordered), frozenset(held - told.keys())
    )


def basis(score: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a score's row that its stage was decided on."""
    features = score["features"]
    probability = score["churn_probability"]
    return {
        "buy_chance": None if probability is None else 1.0 - probability,
        "horizon_weeks": score["horizon_weeks"],
        "level": score["churn_level"],
        **{name: features.get(name) for name in _SEEN},
        "policy_version": score["policy_version"],
        "model_version": str(score["model_id"]),
    }


def has_moved(score: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether the score's stage is another one than before."""
    return before is None or bool(before["lifecycle_stage"] != score["lifecycle_stage"])
