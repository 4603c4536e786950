"""What customers want, as they said it; the company's policy; and what left to them lately."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.preferences.domain import CHANNELS, PURPOSES
from notify_svc.tables import Base


class Preference(Base, table=True):
    """What one customer wants.

    `recorded_for` is the customer it was said for, and stays through merges: of several records that one
    customer keeps then, the stricter counts.
    """

    __tablename__ = "preference"
    __table_args__ = (
        UniqueConstraint("recorded_for", name="preference_of"),
        Index("preference_of_customer", "customer_id"),
        Index("preference_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    recorded_for: UUID = Field(sa_type=Uuid)
    consents: list[dict[str, Any]] = Field(sa_type=JSONB)
    do_not_contact: list[dict[str, Any]] = Field(sa_type=JSONB)
    quiet_hours: dict[str, Any] | None = Field(sa_type=JSONB)
    timezone: str | None = Field(sa_type=Text)
    language: str | None = Field(sa_type=Text)
    caps: list[dict[str, Any]] = Field(sa_type=JSONB)
    version: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class ConsentRecord(Base, table=True):
    """That somebody gave or withdrew a consent: never changed, never removed."""

    __tablename__ = "consent_record"
    __table_args__ = (
        CheckConstraint("state IN ('granted', 'withdrawn')", name="consent_record_state"),
        Index("consent_record_of_customer", "customer_id", "at", "id"),
        Index("consent_record_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    purpose: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    by_id: UUID | None = Field(sa_type=Uuid)
    at: datetime = Field(sa_type=DateTime(timezone=True))


class ContactPolicy(Base, table=True):
    """The company's one policy."""

    __tablename__ = "contact_policy"
    __table_args__ = (CheckConstraint("id = 1", name="contact_policy_one"),)

    id: int = Field(sa_type=Integer, primary_key=True)
    needs_consent: dict[str, Any] = Field(sa_type=JSONB)
    quiet_hours: dict[str, Any] | None = Field(sa_type=JSONB)
    send_windows: dict[str, Any] = Field(sa_type=JSONB)
    caps: list[dict[str, Any]] = Field(sa_type=JSONB)
    always: list[str] = Field(sa_type=JSONB)
    timezone: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class ContactLedger(Base, table=True):
    """A message that left to a customer, as caps count it; forgotten after the longest of them."""

    __tablename__ = "contact_ledger"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PURPOSES}", name="contact_ledger_purpose"),
        CheckConstraint(f"channel IN {CHANNELS}", name="contact_ledger_channel"),
        Index("contact_ledger_of_customer", "customer_id", "at"),
        Index("contact_ledger_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("contact_ledger_by_time", "at"),
    )

    message_id: UUID = Field(sa_type=Uuid, primary_key=True)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    purpose: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=DateTime(timezone=True))
