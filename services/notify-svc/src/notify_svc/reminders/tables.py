"""The rows of reminders: the reminder, and the history of its states."""

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
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from notify_svc.tables import Base


class Reminder(Base, table=True):
    """One reminder. `assignee_id` null: it waits in the queue "unassigned".

    `local_time` and `timezone` stand together; then `due_at` is derived from them. `source_id` is the
    warning or complaint whose event made it, `topic_id` what it is about (the customer, the complaint): one
    open reminder per source and topic.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint(
            "state IN ('scheduled', 'due', 'done', 'cancelled', 'missed')", name="reminder_state"
        ),
        CheckConstraint(
            "source IN ('manual', 'churn', 'complaint', 'sla', 'escalation', 'watch', 'rule', 'playbook')",
            name="reminder_source",
        ),
        CheckConstraint(
            "(source = 'manual') = (topic_id IS NULL) AND (topic_id IS NULL) = (source_id IS NULL)",
            name="reminder_topic",
        ),
        CheckConstraint("num_nonnulls(subject, subject_code) = 1", name="reminder_subject"),
        CheckConstraint("num_nonnulls(local_time, timezone) <> 1", name="reminder_wall_time"),
        CheckConstraint("(state IN ('done', 'cancelled')) = (closed_at IS NOT NULL)", name="reminder_closed"),
        Index("reminder_waiting", "due_at", postgresql_where=text("state = 'scheduled'")),
        Index(
            "reminder_open_topic",
            "source",
            "topic_id",
            unique=True,
            postgresql_where=text("topic_id IS NOT NULL AND state IN ('scheduled', 'due', 'missed')"),
        ),
        Index("reminder_of_assignee", "assignee_id", "due_at", "id"),
        Index("reminder_of_creator", "created_by", "due_at", "id"),
        Index("reminder_of_customer", "customer_id", "due_at", "id"),
        Index("reminder_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("reminder_by_due", "due_at", "id"),
        Index("reminder_by_creation", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    customer_id: UUID | None = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    assignee_id: UUID | None = Field(sa_type=Uuid)
    subject: str | None = Field(sa_type=Text)
    subject_code: str | None = Field(sa_type=Text)
    subject_parameters: dict[str, Any] = Field(sa_type=JSONB)
    note: str | None = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    local_time: datetime | None = Field(sa_type=DateTime(timezone=False))
    timezone: str | None = Field(sa_type=Text)
    channels: list[str] = Field(sa_type=ARRAY(Text))
    state: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    source_id: UUID | None = Field(sa_type=Uuid)
    topic_id: UUID | None = Field(sa_type=Uuid)
    outcome: str | None = Field(sa_type=Text)
    snooze_count: int = Field(sa_type=Integer)
    created_by: UUID | None = Field(sa_type=Uuid)
    closed_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = Field(sa_type=BigInteger)


class ReminderTransition(Base, table=True):
    """The history of a reminder's states: what was done, by whom (null: the system), and when."""

    __tablename__ = "reminder_transition"
    __table_args__ = (
        ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="reminder_transition_of", ondelete="CASCADE"
        ),
        Index("reminder_transition_history", "reminder_id", "created_at"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    reminder_id: UUID = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    deed: str = Field(sa_type=Text)
    from_state: str | None = Field(sa_type=Text)
    to_state: str = Field(sa_type=Text)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    by_id: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
