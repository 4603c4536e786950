"""Scores as they stand, and how they moved."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Date, Float, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class Score(Base, table=True):
    """One row a customer. Money is in minor units of `currency`; `churn_rank` is -1 without a verdict.

    `rule_tier` is what the rules say while a person has pinned another tier, else null. Not `automatic` is
    the tier of who objects to automatic decisions.
    """

    __tablename__ = "score"
    __table_args__ = (
        Index("score_by_value", "expected_value_minor", "customer_id"),
        Index("score_by_contribution", "contributed_52_minor", "customer_id"),
        Index("score_by_risk", "churn_rank", "customer_id"),
        Index("score_by_age", "scored_at", "customer_id"),
        Index("score_to_review", "next_review_at"),
        Index("score_of_tier", "tier", "expected_value_minor", "customer_id"),
        Index("score_of_stage", "lifecycle_stage", "expected_value_minor", "customer_id"),
        Index("score_of_owner", "owner_id", "expected_value_minor", "customer_id"),
        Index("score_of_distributor", "distributor_id", "expected_value_minor", "customer_id"),
    )

    customer_id: UUID = Field(primary_key=True)
    distributor_id: UUID | None
    owner_id: UUID | None
    tier: str = Field(sa_type=Text)
    tier_since: date = Field(sa_type=Date)
    rule_tier: str | None = Field(None, sa_type=Text)
    rule_tier_since: date | None = Field(None, sa_type=Date)
    contribution: float = Field(sa_type=Float)
    potential: float = Field(sa_type=Float)
    negative_value: bool
    lifecycle_stage: str = Field(sa_type=Text)
    stage_since: date = Field(sa_type=Date)
    stage_cause: str = Field(sa_type=Text)
    p_alive: float | None = Field(None, sa_type=Float)
    expected_purchases: float = Field(sa_type=Float)
    expected_value_minor: int = Field(sa_type=BigInteger)
    value_52_minor: int = Field(sa_type=BigInteger)
    contributed_52_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    horizon_weeks: float = Field(sa_type=Float)
    churn_probability: float | None = Field(None, sa_type=Float)
    churn_rank: float = Field(sa_type=Float)
    churn_level: str = Field(sa_type=Text)
    churn: dict[str, Any] = Field(sa_type=JSONB)
    features: dict[str, Any] = Field(sa_type=JSONB)
    policy_version: int
    model_id: UUID
    scored_at: datetime = Field(sa_type=MOMENT)
    next_review_at: datetime | None = Field(None, sa_type=MOMENT)
    automatic: bool
    version: int


class ScoreHistory(Base, table=True):
    """What a customer's score became whenever something that people act on changed."""

    __tablename__ = "score_history"
    __table_args__ = (Index("score_history_of_customer", "customer_id", "scored_at", "id"),)

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    distributor_id: UUID | None
    tier: str = Field(sa_type=Text)
    lifecycle_stage: str = Field(sa_type=Text)
    stage_cause: str = Field(sa_type=Text)
    churn_level: str = Field(sa_type=Text)
    churn_probability: float | None = Field(None, sa_type=Float)
    expected_value_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    policy_version: int
    model_id: UUID
    scored_at: datetime = Field(sa_type=MOMENT)
    version: int
