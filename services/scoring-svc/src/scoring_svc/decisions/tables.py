"""Automatic decisions as they were made, and what people said of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class DecisionRow(Base, table=True):
    """One decision about the customer that it was made about; who was merged since keeps its own.

    `inputs` are enough to decide again by the recorded model and policy; see `domain.Decision`.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("kind IN ('tier', 'warning')", name="decision_kind_known"),
        CheckConstraint("review IN ('upheld', 'overturned')", name="decision_review_known"),
        Index("decision_of_customer", "customer_id", "decided_at", "id"),
        Index("decision_by_age", "decided_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    kind: str = Field(sa_type=Text)
    warning_id: UUID | None
    decided: dict[str, Any] = Field(sa_type=JSONB)
    inputs: dict[str, Any] = Field(sa_type=JSONB)
    reasons: list[dict[str, Any]] = Field(sa_type=JSONB)
    policy_version: int
    policy_digest: str = Field(sa_type=Text)
    model_id: UUID
    code_hash: str = Field(sa_type=Text)
    decided_at: datetime = Field(sa_type=MOMENT)
    review: str | None = Field(sa_type=Text)
    reviewed_by: UUID | None
    reviewed_at: datetime | None = Field(sa_type=MOMENT)
    review_note: str | None = Field(sa_type=Text)
    follow_up: str | None = Field(sa_type=Text)
    version: int
