"""Messages, their attempts, and addresses that do not exist: no text and no address is kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from notify_svc.messages.domain import PURPOSES, SOURCES, STATES
from notify_svc.tables import Base


class Message(Base, table=True):
    """One message to one recipient. `reason` says why it is blocked, failed or waits.

    `channel` is the one in use, `sender_id` null until there is a sender for it. `address_hash` is a keyed
    hash of where it went, for bounces.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PURPOSES}", name="message_purpose"),
        CheckConstraint(f"source IN {SOURCES}", name="message_source"),
        CheckConstraint(f"state IN {STATES}", name="message_state"),
        CheckConstraint("num_nonnulls(recipient_kind, recipient_id) <> 1", name="message_recipient"),
        UniqueConstraint("dedup_key", name="message_once"),
        Index("message_due", "sender_id", "not_before", postgresql_where=text("state = 'pending'")),
        Index("message_of_customer", "customer_id", "created_at", "id"),
        Index("message_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("message_of_source", "source", "source_id"),
        Index("message_by_creation", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    purpose: str = Field(sa_type=Text)
    channels: list[str] = Field(sa_type=ARRAY(Text))
    channel: str = Field(sa_type=Text)
    recipient_kind: str | None = Field(sa_type=Text)
    recipient_id: UUID | None = Field(sa_type=Uuid)
    template: str = Field(sa_type=Text)
    template_version: int | None = Field(sa_type=Integer)
    variables: dict[str, Any] = Field(sa_type=JSONB)
    customer_id: UUID | None = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    source: str = Field(sa_type=Text)
    source_id: UUID = Field(sa_type=Uuid)
    dedup_key: str = Field(sa_type=Text)
    sender_id: UUID | None = Field(sa_type=Uuid)
    state: str = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    not_before: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    attempts: int = Field(sa_type=Integer)
    address_hash: bytes | None = Field(sa_type=LargeBinary)
    provider_id: str | None = Field(sa_type=Text)
    digest_id: UUID | None = Field(sa_type=Uuid)
    sent_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = Field(sa_type=BigInteger)


class MessageAttempt(Base, table=True):
    """One try to send a message; `outcome` is `sent`, `later` or `refused`."""

    __tablename__ = "message_attempt"
    __table_args__ = (
        ForeignKeyConstraint(["message_id"], ["message.id"], name="message_attempt_of", ondelete="CASCADE"),
        CheckConstraint("outcome IN ('sent', 'later', 'refused')", name="message_attempt_outcome"),
        Index("message_attempt_of_message", "message_id", "number"),
        Index("message_attempt_of_sender", "sender_id", "at"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    message_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=Integer)
    sender_id: UUID = Field(sa_type=Uuid)
    channel: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=DateTime(timezone=True))
    duration_ms: int = Field(sa_type=Integer)
    outcome: str = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    provider_id: str | None = Field(sa_type=Text)


class SuppressedAddress(Base, table=True):
    """An address that does not exist, as a keyed hash: nothing more is sent there."""

    __tablename__ = "suppressed_address"

    hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    reason: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
