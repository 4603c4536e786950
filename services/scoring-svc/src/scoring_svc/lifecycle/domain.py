"""What a stage was decided on, and why people declare a customer lost."""

from collections.abc import Mapping
from typing import Any, Literal

LossReason = Literal["competitor", "price", "quality", "service", "closed_down", "no_need", "other"]
_SEEN = ("order_days", "last_day", "orders_52", "open_severity", "satisfaction_last")


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
