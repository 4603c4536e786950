"""Stages with their causes, and declarations that a customer is lost."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class StageRow(Base, table=True):
    """A stage that a customer is or was in: from `since` to `until` (None: still), entered by `cause`.

    `basis` are the numbers that it was decided on.
    """

    __tablename__ = "stage_history"
    __table_args__ = (
        Index("stage_history_of_customer", "customer_id", "decided_at", "id"),
        Index("stage_history_open", "customer_id", unique=True, postgresql_where=text("until IS NULL")),
        Index("stage_history_of_stage", "stage", "since"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    stage: str = Field(sa_type=Text)
    from_stage: str | None = Field(None, sa_type=Text)
    cause: str = Field(sa_type=Text)
    since: date = Field(sa_type=Date)
    until: date | None = Field(None, sa_type=Date)
    basis: dict[str, Any] = Field(sa_type=JSONB)
    decided_at: datetime = Field(sa_type=MOMENT)


class LossDeclaration(Base, table=True):
    """Somebody's word that a customer is lost; it holds until it is withdrawn or the customer orders."""

    __tablename__ = "loss_declaration"
    __table_args__ = (
        Index("loss_declaration_of_customer", "customer_id", "declared_at", "id"),
        Index("loss_declaration_one", "customer_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    reason: str = Field(sa_type=Text)
    note: str | None = Field(None, sa_type=Text)
    declared_by: UUID
    declared_at: datetime = Field(sa_type=MOMENT)
    ended_at: datetime | None = Field(None, sa_type=MOMENT)
    ended_by: UUID | None = None
