"""The rows of care rules, and of every occasion on which somebody was cared for."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from notify_svc.tables import Base

_MOMENT: Any = DateTime(timezone=True)
_ABSENT_AS_NULL: Any = JSONB(none_as_null=True)


class CareRule(Base, table=True):
    """What is done so many days before an occasion, for whom. All hours before `looked_until` are done with.

    `timezone` null: the company's. `shipped` names a rule that came with Tonglu.
    """

    __tablename__ = "care_rule"
    __table_args__ = (
        CheckConstraint("days_before BETWEEN 0 AND 60", name="care_rule_days"),
        CheckConstraint("num_nonnulls(message, reminder) > 0", name="care_rule_acts"),
        CheckConstraint("active = (looked_until IS NOT NULL)", name="care_rule_looks"),
        Index("care_rule_by_name", "name", "id"),
        Index("care_rule_by_creation", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    name: str = Field(sa_type=Text)
    active: bool = Field(sa_type=Boolean)
    occasion: dict[str, Any] = Field(sa_type=JSONB)
    audience: list[str] = Field(sa_type=ARRAY(Text))
    days_before: int = Field(sa_type=Integer)
    at: str = Field(sa_type=Text)
    timezone: str | None = Field(sa_type=Text)
    only_if: dict[str, Any] = Field(sa_type=JSONB)
    message: dict[str, Any] | None = Field(sa_type=_ABSENT_AS_NULL)
    reminder: dict[str, Any] | None = Field(sa_type=_ABSENT_AS_NULL)
    looked_until: datetime | None = Field(sa_type=_MOMENT)
    shipped: str | None = Field(sa_type=Text)
    created_by: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=_MOMENT)
    updated_at: datetime = Field(sa_type=_MOMENT)
    version: int = Field(sa_type=BigInteger)


class CareOccasion(Base, table=True):
    """Somebody was cared for, or was missed: one action once a person, occasion and year, by whichever rule.

    `made_id` is the message or the reminder.
    """

    __tablename__ = "care_occasion"
    __table_args__ = (
        UniqueConstraint("person_id", "occasion", "year", "action", name="care_occasion_once"),
        CheckConstraint("person_kind IN ('customer', 'contact')", name="care_occasion_person"),
        CheckConstraint("action IN ('message', 'reminder')", name="care_occasion_action"),
        CheckConstraint("state = 'done' OR made_id IS NULL", name="care_occasion_made"),
        CheckConstraint("state IN ('done', 'missed')", name="care_occasion_state"),
        Index("care_occasion_by_creation", "created_at", "id"),
        Index("care_occasion_of_customer", "customer_id", "created_at", "id"),
        Index("care_occasion_of_rule", "rule_id", "created_at", "id"),
        Index("care_occasion_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    rule_id: UUID = Field(sa_type=Uuid)
    occasion: str = Field(sa_type=Text)
    year: int = Field(sa_type=Integer)
    on: date = Field(sa_type=Date)
    person_kind: str = Field(sa_type=Text)
    person_id: UUID = Field(sa_type=Uuid)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    action: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    made_id: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=_MOMENT)
