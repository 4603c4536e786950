"""Churn warnings and the steps of their course."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class ChurnWarning(Base, table=True):
    """One warning; a customer has at most one that is not closed.

    It waits until its owner has room, and is then raised. `outcome` is what was said of it, by `outcome_by`
    or (None) by the system; `seen` is what its customer did within the horizon after it was opened.
    """

    __tablename__ = "churn_warning"
    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting', 'open', 'acknowledged', 'acting', 'closed')",
            name="churn_warning_status_known",
        ),
        CheckConstraint(
            "(status = 'closed') = (outcome IS NOT NULL)", name="churn_warning_closed_with_outcome"
        ),
        CheckConstraint("(status = 'waiting') <= (raised_at IS NULL)", name="churn_warning_waits_unraised"),
        CheckConstraint("seen IN ('ordered', 'silent')", name="churn_warning_seen_known"),
        Index("churn_warning_one", "customer_id", unique=True, postgresql_where=text("status <> 'closed'")),
        Index("churn_warning_of_customer", "customer_id"),
        Index("churn_warning_by_age", "opened_at", "id"),
        Index("churn_warning_by_contribution", "contributed_52_minor", "id"),
        Index("churn_warning_by_risk", "at_risk_minor", "id"),
        Index("churn_warning_by_due", "due_at", "id"),
        Index("churn_warning_of_owner", "owner_id", "opened_at", "id"),
        Index(
            "churn_warning_waiting",
            "owner_id",
            "at_risk_minor",
            "id",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("churn_warning_unseen", "opened_at", "id", postgresql_where=text("seen IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    status: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    probability: float = Field(sa_type=Float)
    horizon_weeks: float = Field(sa_type=Float)
    expected_value_minor: int = Field(sa_type=BigInteger)
    contributed_52_minor: int = Field(sa_type=BigInteger)
    at_risk_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    reasons: list[dict[str, Any]] = Field(sa_type=JSONB)
    leading_reason: str | None = Field(None, sa_type=Text)
    recommended_action: dict[str, Any] = Field(sa_type=JSONB)
    due_at: datetime = Field(sa_type=MOMENT)
    acknowledged_by: UUID | None = None
    action: str | None = Field(None, sa_type=Text)
    action_note: str | None = Field(None, sa_type=Text)
    acted_by: UUID | None = None
    acted_at: datetime | None = Field(None, sa_type=MOMENT)
    outcome: str | None = Field(None, sa_type=Text)
    outcome_note: str | None = Field(None, sa_type=Text)
    outcome_by: UUID | None = None
    seen: str | None = Field(None, sa_type=Text)
    seen_at: datetime | None = Field(None, sa_type=MOMENT)
    opened_at: datetime = Field(sa_type=MOMENT)
    raised_at: datetime | None = Field(None, sa_type=MOMENT)
    closed_at: datetime | None = Field(None, sa_type=MOMENT)
    version: int


class WarningStep(Base, table=True):
    """One transition of a warning; `done_by` None: the system's."""

    __tablename__ = "churn_warning_step"
    __table_args__ = (Index("churn_warning_step_of_warning", "warning_id", "done_at", "id"),)

    id: UUID = Field(primary_key=True)
    warning_id: UUID = Field(foreign_key="churn_warning.id", ondelete="CASCADE")
    customer_id: UUID
    verb: str = Field(sa_type=Text)
    from_status: str | None = Field(None, sa_type=Text)
    to_status: str = Field(sa_type=Text)
    details: dict[str, Any] = Field(sa_type=JSONB)
    done_by: UUID | None = None
    done_at: datetime = Field(sa_type=MOMENT)
