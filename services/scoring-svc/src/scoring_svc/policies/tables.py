"""Versions of the tier policy, and the percentile grids that each ranks by."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class TierPolicy(Base, table=True):
    """One version; `digest` is of its document and stands in every decision made by it.

    At most one is published. Its tiers are applied customer by customer up to `applied_through`, until
    `applied_at`. `copy_of` is the version that a rollback brought back, `refusal` the problem for which a
    scheduled one was not published. `revision` counts changes of the row.
    """

    __tablename__ = "tier_policy"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'retired')", name="tier_policy_status_known"
        ),
        CheckConstraint(
            "(status IN ('published', 'retired')) = (published_at IS NOT NULL)",
            name="tier_policy_published_since",
        ),
        Index("tier_policy_of_id", "id", unique=True),
        Index("tier_policy_by_version", "version", "id"),
        Index(
            "tier_policy_one_published",
            "status",
            unique=True,
            postgresql_where=text("status = 'published'"),
        ),
    )

    version: int = Field(primary_key=True)
    id: UUID
    status: str = Field(sa_type=Text)
    document: dict[str, Any] = Field(sa_type=JSONB)
    digest: str = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    author: UUID | None
    approved_by: UUID | None
    effective_from: datetime | None = Field(sa_type=MOMENT)
    copy_of: int | None
    simulation_id: UUID | None
    tolerance: float | None = Field(sa_type=Float)
    refusal: dict[str, Any] | None = Field(sa_type=JSONB)
    created_at: datetime = Field(sa_type=MOMENT)
    published_at: datetime | None = Field(sa_type=MOMENT)
    retired_at: datetime | None = Field(sa_type=MOMENT)
    applied_at: datetime | None = Field(sa_type=MOMENT)
    applied_through: UUID | None
    revision: int


class TierGrids(Base, table=True):
    """What percentiles are ranked against: of one model's forecasts by the weights of one policy."""

    __tablename__ = "tier_grids"

    model_id: UUID = Field(primary_key=True)
    policy_version: int = Field(primary_key=True)
    grids: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = Field(sa_type=MOMENT)
