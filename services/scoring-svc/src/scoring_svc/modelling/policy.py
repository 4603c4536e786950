"""The policy: what makes a customer core or important, at risk, loyal or lost; a document of versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

INPUTS = (
    "amount_52",
    "orders_52",
    "tenure",
    "satisfaction",
    "closeness",
    "forecast_52",
    "growth",
    "headroom",
)
"""What an axis can weigh; `tier_inputs` in `tiers` makes them."""
ATTRIBUTES = ("industry", "region", "channel", "size", "kind")
"""What of a customer a segment can be made of; of a region the province."""


@dataclass(frozen=True, slots=True)
class TierRule:
    """Weights and thresholds of percentiles; an unknown input gives its weight to the others.

    Percentiles are within the segment that `segments` (of ATTRIBUTES) make, if it has `smallest_segment`
    customers, else among everybody.
    """

    contribution: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"amount_52": 0.45, "orders_52": 0.2, "tenure": 0.1, "satisfaction": 0.125, "closeness": 0.125}
        )
    )
    potential: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"forecast_52": 0.45, "growth": 0.3, "headroom": 0.25})
    )
    core_from: float = 80.0
    relationship_at_least: float = 20.0
    important_from: float = 70.0
    hysteresis: float = 2.0
    minimum_stay_weeks: float = 8.0
    smallest_segment: int = 200
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskRule:
    """Churn probability from which the level is medium or high; `broken`: silent for so many own gaps."""

    medium_from: float = 0.4
    high_from: float = 0.65
    broken_from: float = 0.5
    broken_gaps: float = 3.0


@dataclass(frozen=True, slots=True)
class StageRule:
    """Chances are of an order within the horizon; `slack` is how far one must come back to end a stage."""

    loyal_orders: float = 6.0
    loyal_weeks: float = 26.0
    loyal_from: float = 0.7
    content_from: float = 4.0
    severe_from: float = 3.0
    lost_below: float = 0.1
    lost_after_gaps: float = 2.0
    second_order_gaps: float = 2.0
    second_order_weeks: float = 8.0
    won_back_weeks: float = 13.0
    slack: float = 0.05


@dataclass(frozen=True, slots=True)
class Policy:
    """`margin` turns amounts into contributions (1 when they are already); costs are in the same money.

    Whose contribution of 52 weeks is below `negative_below` has a negative value; `referral_share` is what
    part of the value of customers that were referred counts for who referred them.
    """

    version: int = 1
    tiers: TierRule = TierRule()
    risk: RiskRule = RiskRule()
    stages: StageRule = StageRule()
    margin: float = 1.0
    yearly_discount: float = 0.1
    complaint_cost: float = 0.0
    contact_cost: float = 0.0
    negative_below: float = 0.0
    referral_share: float = 0.0

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values."""
        tiers = {entry.name: getattr(self.tiers, entry.name) for entry in fields(self.tiers)}
        return {
            "version": self.version,
            "tiers": {
                **tiers,
                "contribution": dict(self.tiers.contribution),
                "potential": dict(self.tiers.potential),
                "segments": list(self.tiers.segments),
            },
            "risk": asdict(self.risk),
            "stages": asdict(self.stages),
            "margin": self.margin,
            "yearly_discount": self.yearly_discount,
            "complaint_cost": self.complaint_cost,
            "contact_cost": self.contact_cost,
            "negative_below": self.negative_below,
            "referral_share": self.referral_share,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Policy:
        """Raise TypeError for an unknown entry; one that the document is too old to have gets its default."""
        tiers = document["tiers"]
        parts = {
            "tiers": TierRule(**{**tiers, "segments": tuple(tiers.get("segments", ()))}),
            "risk": RiskRule(**document["risk"]),
            "stages": StageRule(**document["stages"]),
        }
        return cls(**{**document, **parts})

    def digest(self) -> str:
        """SHA-256 of the document, the same for the same rules."""
        text = json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
