"""The rows behind a customer's standing: what scoring says of it, and each fact that counts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlmodel import Field

from notify_svc.tables import Base

_MOMENT = DateTime(timezone=True)


class StandingRow(Base, table=True):
    """What scoring says of the customer `id`; `customer_id` is who it is now, after merges.

    `score_version` is that of the newest score, `churn_version` that of the score by which the level moved
    from `churn_from`; the other versions are those of the newest moves.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index("standing_of_customer", "customer_id"),
        Index("standing_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("standing_by_tier", "tier", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    tier: str | None = Field(sa_type=Text)
    tier_since: datetime | None = Field(sa_type=_MOMENT)
    tier_version: int = Field(sa_type=BigInteger)
    stage: str | None = Field(sa_type=Text)
    stage_since: datetime | None = Field(sa_type=_MOMENT)
    stage_version: int = Field(sa_type=BigInteger)
    churn_level: str | None = Field(sa_type=Text)
    churn_from: str | None = Field(sa_type=Text)
    churn_since: datetime | None = Field(sa_type=_MOMENT)
    churn_version: int = Field(sa_type=BigInteger)
    score_version: int = Field(sa_type=BigInteger)


class StandingFact(Base, table=True):
    """One order, contact, complaint or objection of a customer, by its own id; kept when it holds no more."""

    __tablename__ = "standing_fact"
    __table_args__ = (
        CheckConstraint("kind IN ('order', 'contact', 'complaint', 'objection')", name="standing_fact_kind"),
        Index("standing_fact_of_customer", "customer_id", "kind", "at", postgresql_where=text("holds")),
        Index("standing_fact_kept_by", "customer_id", postgresql_where=text("NOT holds")),
        Index("standing_fact_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    kind: str = Field(sa_type=Text, primary_key=True)
    id: UUID = Field(sa_type=Uuid, primary_key=True)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    at: datetime = Field(sa_type=_MOMENT)
    holds: bool
    version: int = Field(sa_type=BigInteger)
