"""Tiers given by people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class TierOverride(Base, table=True):
    """One pin of a customer to a tier. `origin_id` is for whom it was made, if that is not who keeps it.

    A customer is pinned once at most; of two that met by a merge the newer one counts.
    """

    __tablename__ = "tier_override"
    __table_args__ = (
        CheckConstraint("tier IN ('core', 'important', 'ordinary')", name="tier_override_tier_known"),
        CheckConstraint("expires_at > created_at", name="tier_override_lasts"),
        CheckConstraint("(ended_at IS NULL) = (end_cause IS NULL)", name="tier_override_ended_with_cause"),
        Index(
            "tier_override_one",
            text("COALESCE(origin_id, customer_id)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("tier_override_of_customer", "customer_id"),
        Index("tier_override_by_age", "created_at", "id"),
        Index("tier_override_by_end", "expires_at", "id"),
        Index("tier_override_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    tier: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
    expires_at: datetime = Field(sa_type=MOMENT)
    ended_at: datetime | None = Field(sa_type=MOMENT)
    ended_by: UUID | None
    end_cause: str | None = Field(sa_type=Text)
    version: int
