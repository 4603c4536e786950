"""Senders as they are kept, and how each stands: one lane a sender, held by one worker at a time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.senders.domain import KINDS
from notify_svc.tables import Base


class MessageSender(Base, table=True):
    """A way out. `secrets` are sealed and never shown; messages that name no sender go by the default one."""

    __tablename__ = "message_sender"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="message_sender_kind"),
        CheckConstraint("per_minute BETWEEN 1 AND 6000", name="message_sender_per_minute"),
        UniqueConstraint("name", name="message_sender_name"),
        Index("message_sender_of_channel", "channel", "created_at"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    config: dict[str, Any] = Field(sa_type=JSONB)
    secrets: bytes = Field(sa_type=LargeBinary)
    per_minute: int = Field(sa_type=Integer)
    is_default: bool = Field(sa_type=Boolean)
    active: bool = Field(sa_type=Boolean)
    version: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class SenderLane(Base, table=True):
    """Who sends by it now, and until when it rests after failures of its own."""

    __tablename__ = "message_sender_lane"
    __table_args__ = (
        ForeignKeyConstraint(
            ["sender_id"], ["message_sender.id"], name="message_sender_lane_of", ondelete="CASCADE"
        ),
    )

    sender_id: UUID = Field(sa_type=Uuid, primary_key=True)
    fence: int = Field(sa_type=BigInteger)
    lease_until: datetime | None = Field(sa_type=DateTime(timezone=True))
    rest_until: datetime | None = Field(sa_type=DateTime(timezone=True))
    failures: int = Field(sa_type=Integer)
