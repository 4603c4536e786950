"""The rows of messaging, the same in every service's database; payloads hold no personal data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, DateTime, Identity, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from shared.db.base import SharedBase

_MOMENT: Any = DateTime(timezone=True)


class Outbox(SharedBase, table=True):
    """An event to be told, as the CloudEvent that goes out; the id is event id and message id in one."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("aggregate_id", "aggregate_version", "type", name="outbox_fact_key"),
        Index("outbox_unpublished_idx", "seq", postgresql_where=text("published_at IS NULL")),
        Index("outbox_published_idx", "published_at", postgresql_using="brin"),
    )

    id: UUID = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    aggregate_id: UUID
    aggregate_version: int
    type: str = Field(sa_type=Text)
    payload: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=_MOMENT)
    published_at: datetime | None = Field(None, sa_type=_MOMENT)
    attempts: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    last_error: str | None = Field(None, sa_type=Text)


class Inbox(SharedBase, table=True):
    """An event whose effects are committed for this consumer."""

    __tablename__ = "inbox"
    __table_args__ = (Index("inbox_received_idx", "received_at", postgresql_using="brin"),)

    consumer: str = Field(primary_key=True, sa_type=Text)
    event_id: UUID = Field(primary_key=True)
    received_at: datetime = Field(sa_type=_MOMENT)


class InboxRetry(SharedBase, table=True):
    """An event that waits for its next attempt at `retry_at`, which is a lease while it is tried."""

    __tablename__ = "inbox_retry"
    __table_args__ = (Index("inbox_retry_due_idx", "consumer", "retry_at"),)

    consumer: str = Field(primary_key=True, sa_type=Text)
    event_id: UUID = Field(primary_key=True)
    payload: dict[str, Any] = Field(sa_type=JSON)
    attempts: int
    retry_at: datetime = Field(sa_type=_MOMENT)
    error_class: str | None = Field(None, sa_type=Text)
    exchange: str = Field(sa_type=Text)
    routing_key: str = Field(sa_type=Text)
    first_at: datetime = Field(sa_type=_MOMENT)
    last_at: datetime = Field(sa_type=_MOMENT)


class DeadLetter(SharedBase, table=True):
    """An event that was given up, until an operator replays it (`replayed_at`)."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        UniqueConstraint("consumer", "event_id", name="dead_letter_event_key"),
        Index("dead_letter_last_idx", "last_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    consumer: str = Field(sa_type=Text)
    event_id: UUID
    type: str | None = Field(None, sa_type=Text)
    payload: Any = Field(sa_type=JSON)
    reason: str = Field(sa_type=Text)
    error_class: str | None = Field(None, sa_type=Text)
    attempts: int
    exchange: str = Field(sa_type=Text)
    routing_key: str = Field(sa_type=Text)
    first_at: datetime = Field(sa_type=_MOMENT)
    last_at: datetime = Field(sa_type=_MOMENT)
    replayed_at: datetime | None = Field(None, sa_type=_MOMENT)
