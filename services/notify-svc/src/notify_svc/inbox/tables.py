"""The rows of the inbox: boxes that number their items, and the items."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.tables import Base


class InboxBox(Base, table=True):
    """One box per person, and one for the unassigned queue; its row lock puts the numbers in commit order."""

    __tablename__ = "inbox_box"

    recipient_id: UUID = Field(sa_type=Uuid, primary_key=True)
    last_number: int = Field(sa_type=BigInteger)


class InboxItem(Base, table=True):
    """One thing brought before one recipient. `number` counts up within the box without gaps."""

    __tablename__ = "inbox_item"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('reminder.due', 'reminder.missed', 'reminder.delegated', 'reminder.escalated',"
            " 'reminder.digest', 'webhook.disabled', 'care.missed')",
            name="inbox_item_kind",
        ),
        CheckConstraint("done_at IS NULL OR read_at IS NOT NULL", name="inbox_item_done"),
        CheckConstraint("num_nonnulls(subject, subject_code) = 1", name="inbox_item_subject"),
        UniqueConstraint("recipient_id", "number", name="inbox_item_number"),
        Index("inbox_item_newest", "recipient_id", "created_at", "id"),
        Index("inbox_item_unread", "recipient_id", postgresql_where=text("read_at IS NULL")),
        Index("inbox_item_about", "about_id"),
        Index("inbox_item_of_customer", "customer_id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    recipient_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=BigInteger)
    kind: str = Field(sa_type=Text)
    subject: str | None = Field(sa_type=Text)
    subject_code: str | None = Field(sa_type=Text)
    subject_parameters: dict[str, Any] = Field(sa_type=JSONB)
    about_id: UUID = Field(sa_type=Uuid)
    customer_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    due_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    read_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    done_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
