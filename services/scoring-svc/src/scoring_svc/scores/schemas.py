"""Scores as the API shows them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from scoring_svc.warnings.schemas import ActionRead, Explained, ReasonRead
from shared.http import ListQuery, Money, Output
from shared.http.types import Moment

Tier = Literal["core", "important", "ordinary"]
Stage = Literal["prospect", "new", "first_purchase", "active", "loyal", "at_risk", "lost", "won_back"]
Level = Literal["low", "medium", "high", "unknown"]
Driver = Literal["purchase", "complaint", "satisfaction", "contact", "promise"]


class ScoreReason(ReasonRead):
    """Also `too_little_data`, with weight 0, where there is no verdict."""


class AfterFirstOrder(Output):
    """What is known of customers like this one: of the same market, with one order as long ago."""

    share: float = Field(ge=0, le=1, description="Of them that did not order again.", examples=[0.71])
    low: float = Field(
        ge=0, le=1, description="Where the 90 % interval of the share begins.", examples=[0.64]
    )
    high: float = Field(ge=0, le=1, description="Where it ends.", examples=[0.78])


class Churn(Output):
    """Probability of no order within the horizon; `evidence` is `none` without an order, `low` after one."""

    probability: float | None = Field(ge=0, le=1, examples=[0.62])
    level: Level = Field(examples=["high"])
    evidence: Literal["none", "low", "enough"]
    reasons: list[ScoreReason]
    explained: Explained
    drivers: list[Driver] = Field(description="Categories of the reasons, the strongest first.")
    recommended_action: ActionRead
    after_first_order: AfterFirstOrder | None = Field(
        None, description="Within the horizon, after a single order; null unless there was exactly one."
    )


class TierOverrideShown(Output):
    """A tier that a person gave, and the one that the rules say; see `/v1/tier-overrides`."""

    id: UUID
    tier: Tier
    by_rule: Tier
    expires_at: Moment = Field(examples=["2027-03-31T16:00:00Z"])


class ScoreRead(Output):
    """A customer's score. Contribution and potential are percentiles; values are over the horizon."""

    customer_id: UUID
    tier: Tier = Field(examples=["core"])
    tier_override: TierOverrideShown | None = Field(
        description="Who was pinned to a tier by a person; null where the rules decide.", examples=[None]
    )
    contribution: float = Field(ge=0, le=100, examples=[91.4])
    potential: float = Field(ge=0, le=100, examples=[55.0])
    negative_value: bool
    lifecycle_stage: Stage = Field(examples=["at_risk"])
    stage_cause: str = Field(examples=["risk_high"])
    p_alive: float | None = Field(
        description="Probability of still being a customer at all; not a churn risk (1 after a single order)."
    )
    expected_purchases: float = Field(examples=[2.3])
    expected_value: Money
    value_52: Money
    contributed_52: Money = Field(description="What was contributed in the last 52 weeks, returns deducted.")
    horizon_weeks: float = Field(examples=[13])
    churn: Churn
    automatic: bool = Field(
        description="False while the customer objects: no tier or warning is decided from these figures.",
        examples=[True],
    )
    policy_version: int
    model_version: UUID
    scored_at: Moment


class ReferralValue(Output):
    """What recommendations brought: a line of its own, no part of what the customer buys itself."""

    converted: int = Field(
        ge=0, description="Customers in sight that came by it and have ordered.", examples=[2]
    )
    share: float = Field(ge=0, le=1, description="Of their value, as the tier policy says.", examples=[0.25])
    amount: Money = Field(description="That share of what they are expected to bring in 52 weeks.")


class NegativeCause(Output):
    """What took from the contribution of 52 weeks; `discounts` only where somebody knows them."""

    cost: Literal["returns", "discounts", "service"] = Field(examples=["returns"])
    amount: Money


class ScoreDetail(ScoreRead):
    """With the features that it was made from (weeks, counts, amounts in units of the currency)."""

    features: dict[str, Any]
    referral_value: ReferralValue
    negative_causes: list[NegativeCause] = Field(
        description="Why it cost more than it brought, the dearest first; empty unless `negative_value`.",
        examples=[[]],
    )


class ScoreHistoryRead(Output):
    """What a score became when something that people act on changed."""

    tier: Tier
    lifecycle_stage: Stage
    stage_cause: str = Field(examples=["risk_high"])
    churn_level: Level
    churn_probability: float | None
    expected_value: Money
    policy_version: int
    model_version: UUID
    scored_at: Moment


class ScoreQuery(ListQuery):
    """Filters of the list."""

    tier: Tier | None = None
    churn: Level | None = None
    stage: Stage | None = None
    owner_id: UUID | None = None
    distributor_id: UUID | None = None
    negative_value: bool | None = None
    automatic: bool | None = None


class HistoryQuery(ListQuery):
    """No filters."""
