"""Churn warnings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class ChurnWarning(Base, table=True):
    """One warning; a customer has at most one that is open or acknowledged."""

    __tablename__ = "churn_warning"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'acknowledged', 'closed')", name="churn_warning_status_known"),
        CheckConstraint(
            "(status = 'closed') = (outcome IS NOT NULL)", name="churn_warning_closed_with_outcome"
        ),
        Index("churn_warning_one", "customer_id", unique=True, postgresql_where=text("status <> 'closed'")),
        Index("churn_warning_of_customer", "customer_id"),
        Index("churn_warning_by_age", "opened_at", "id"),
        Index("churn_warning_by_contribution", "contributed_52_minor", "id"),
        Index("churn_warning_of_owner", "owner_id", "opened_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    status: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    probability: float = Field(sa_type=Float)
    expected_value_minor: int = Field(sa_type=BigInteger)
    contributed_52_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    reasons: list[dict[str, Any]] = Field(sa_type=JSONB)
    recommended_action: dict[str, Any] = Field(sa_type=JSONB)
    outcome: str | None = Field(None, sa_type=Text)
    acknowledged_by: UUID | None = None
    opened_at: datetime = Field(sa_type=MOMENT)
    closed_at: datetime | None = Field(None, sa_type=MOMENT)
    version: int
