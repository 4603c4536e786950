"""The rows of digests: what people want, what waits for each one's next digest, and which days were told."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    Time,
    Uuid,
)
from sqlmodel import Field

from notify_svc.tables import Base


class InboxSettings(Base, table=True):
    """How a person wants to be told. `next_digest_at` is derived, and far away for who is told at once.

    `country` (ISO 3166-1) says whose holidays are no workdays; null: only weekends are none.
    """

    __tablename__ = "inbox_settings"
    __table_args__ = (
        CheckConstraint("mode IN ('at_once', 'digest')", name="inbox_settings_mode"),
        Index("inbox_settings_next", "next_digest_at"),
    )

    person_id: UUID = Field(sa_type=Uuid, primary_key=True)
    mode: str = Field(sa_type=Text)
    timezone: str = Field(sa_type=Text)
    digest_at: time = Field(sa_type=Time)
    workdays_only: bool = Field(sa_type=Boolean)
    country: str | None = Field(sa_type=Text)
    next_digest_at: datetime = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = Field(sa_type=BigInteger)


class DigestEntry(Base, table=True):
    """A reminder that came due and waits for the next digest of its assignee."""

    __tablename__ = "digest_entry"
    __table_args__ = (
        ForeignKeyConstraint(["reminder_id"], ["reminder.id"], name="digest_entry_of", ondelete="CASCADE"),
        Index("digest_entry_of_reminder", "reminder_id"),
    )

    person_id: UUID = Field(sa_type=Uuid, primary_key=True)
    reminder_id: UUID = Field(sa_type=Uuid, primary_key=True)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class DigestDay(Base, table=True):
    """That a person got the digest of a day by their own clock, once; one of nothing is no item."""

    __tablename__ = "digest_day"

    person_id: UUID = Field(sa_type=Uuid, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    item_count: int = Field(sa_type=Integer)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
