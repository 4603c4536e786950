"""The rows of standing rules, and of what is kept for those that are made later."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, DateTime, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from notify_svc.tables import Base


class ReminderRule(Base, table=True):
    """So many days after an event somebody is reminded; of silence, `tier_days` says after how many by tier.

    `assignee` is the customer's owner, the person whom the event names, or a named one (`assignee_id`).
    """

    __tablename__ = "reminder_rule"
    __table_args__ = (
        CheckConstraint("assignee IN ('owner', 'person', 'named')", name="reminder_rule_assignee"),
        CheckConstraint("(assignee = 'named') = (assignee_id IS NOT NULL)", name="reminder_rule_named"),
        CheckConstraint("(event = 'contact.none') = (days IS NULL)", name="reminder_rule_days"),
        Index("reminder_rule_in_force", "event", postgresql_where=text("active")),
        Index("reminder_rule_by_name", "name", "id"),
        Index("reminder_rule_by_creation", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    name: str = Field(sa_type=Text)
    active: bool = Field(sa_type=Boolean)
    event: str = Field(sa_type=Text)
    days: int | None = Field(sa_type=Integer)
    tier_days: dict[str, int] = Field(sa_type=JSONB)
    at: str | None = Field(sa_type=Text)
    timezone: str | None = Field(sa_type=Text)
    assignee: str = Field(sa_type=Text)
    assignee_id: UUID | None = Field(sa_type=Uuid)
    subject: str = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    channels: list[str] = Field(sa_type=ARRAY(Text))
    only_if: dict[str, Any] = Field(sa_type=JSONB)
    escalate_after_minutes: int | None = Field(sa_type=Integer)
    escalate_to_id: UUID | None = Field(sa_type=Uuid)
    created_by: UUID = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = Field(sa_type=BigInteger)


class ContractEnd(Base, table=True):
    """Until when the contract `id` is in force; no day: it is not, goes on, or another one took its place."""

    __tablename__ = "contract_end"
    __table_args__ = (
        Index("contract_end_of_customer", "customer_id"),
        Index("contract_end_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("contract_end_ahead", "ends_on", postgresql_where=text("ends_on IS NOT NULL")),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    owner_id: UUID | None = Field(sa_type=Uuid)
    ends_on: date | None = Field(sa_type=Date)
    version: int = Field(sa_type=BigInteger)
