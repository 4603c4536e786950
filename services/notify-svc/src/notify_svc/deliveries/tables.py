"""The rows of deliveries: events kept once, their deliveries, and each attempt."""

from datetime import datetime
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
from sqlmodel import Field

from notify_svc.tables import Base

_MOMENT = DateTime(timezone=True)


class WebhookEvent(Base, table=True):
    """An event that some webhook wants, kept for thirty days; `data` is the JSON text that is sent."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("webhook_event_received", "received_at"),)

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    type: str = Field(sa_type=Text)
    occurred_at: datetime = Field(sa_type=_MOMENT)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    data: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=_MOMENT)


class WebhookDelivery(Base, table=True):
    """One event for one webhook.

    `attempts` counts all, `tries` those since it was last asked for. A `skipped` one came while the webhook
    was disabled, or may not be had any more; it can be asked for, too.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name="webhook_delivery_to", ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["event_id"], ["webhook_event.id"], name="webhook_delivery_of", ondelete="CASCADE"
        ),
        CheckConstraint(
            "state IN ('waiting', 'delivered', 'failed', 'skipped')", name="webhook_delivery_state"
        ),
        CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="webhook_delivery_due"),
        UniqueConstraint("event_id", "endpoint_id", name="webhook_delivery_once"),
        Index(
            "webhook_delivery_waiting", "endpoint_id", "due_at", postgresql_where=text("state = 'waiting'")
        ),
        Index("webhook_delivery_created", "created_at", "id"),
        Index("webhook_delivery_log", "endpoint_id", "created_at", "id"),
        Index("webhook_delivery_occurred", "endpoint_id", "occurred_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    endpoint_id: UUID = Field(sa_type=Uuid)
    event_id: UUID = Field(sa_type=Uuid)
    event_type: str = Field(sa_type=Text)
    occurred_at: datetime = Field(sa_type=_MOMENT)
    state: str = Field(sa_type=Text)
    due_at: datetime | None = Field(sa_type=_MOMENT)
    attempts: int = Field(sa_type=Integer)
    tries: int = Field(sa_type=Integer)
    last_status: int | None = Field(sa_type=Integer)
    last_reason: str | None = Field(sa_type=Text)
    delivered_at: datetime | None = Field(sa_type=_MOMENT)
    created_at: datetime = Field(sa_type=_MOMENT)
    updated_at: datetime = Field(sa_type=_MOMENT)
    version: int = Field(sa_type=BigInteger)


class WebhookAttempt(Base, table=True):
    """One attempt; `answer` is the sealed beginning of what came back, which may hold anything."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name="webhook_attempt_of", ondelete="CASCADE"
        ),
        Index("webhook_attempt_history", "delivery_id", "number"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    delivery_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=Integer)
    started_at: datetime = Field(sa_type=_MOMENT)
    duration_ms: int = Field(sa_type=Integer)
    status: int | None = Field(sa_type=Integer)
    reason: str | None = Field(sa_type=Text)
    answer: bytes | None = Field(sa_type=LargeBinary)
