"""Objections to automatic decisions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class Objection(Base, table=True):
    """An objection of the customer that made it; whoever that one is merged into inherits it.

    A customer has at most one that stands. `reason` is what the customer said, and personal.
    """

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("status IN ('standing', 'withdrawn')", name="objection_status_known"),
        Index("objection_by_age", "made_at", "id"),
        Index("objection_of_customer", "customer_id"),
        Index("objection_one", "customer_id", unique=True, postgresql_where=text("status = 'standing'")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    reason: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    made_by: UUID
    made_at: datetime = Field(sa_type=MOMENT)
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None = Field(sa_type=MOMENT)
    version: int
