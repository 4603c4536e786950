"""The rows of reminders: the reminder, the series that makes some, and the history of a reminder's states."""

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
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from notify_svc.tables import Base

# In the words of PostgreSQL, line ends included: the comparison with the database is by text.
_OWNER = """(
CASE
    WHEN assignee_id IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid
    ELSE assignee_id
END)"""
_ABSENT_AS_NULL: Any = JSONB(none_as_null=True)


class Reminder(Base, table=True):
    """One reminder. `assignee_id` null: it waits in the queue "unassigned".

    `local_time` and `timezone` stand together; then `due_at` is derived from them. `source_id` is the
    warning or complaint whose event made it, `topic_id` what it is about (the customer, the complaint): one
    open reminder per source and topic. `occurs_at_local` is the time by the series' rule, wherever the
    reminder was moved. While it waits for an event (`after`), `due_at` is the end of the wait;
    `event_subject_id` is what that event was about. `escalates_at` is when silence is told.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'scheduled', 'due', 'done', 'cancelled', 'missed', 'skipped')",
            name="reminder_state",
        ),
        CheckConstraint(
            "source IN ('manual', 'churn', 'complaint', 'sla', 'escalation', 'watch', 'rule', 'playbook', "
            "'care')",
            name="reminder_source",
        ),
        CheckConstraint(
            "(source = 'manual') = (topic_id IS NULL) AND (topic_id IS NULL) = (source_id IS NULL)",
            name="reminder_topic",
        ),
        CheckConstraint("num_nonnulls(subject, subject_code) = 1", name="reminder_subject"),
        CheckConstraint("num_nonnulls(local_time, timezone) <> 1", name="reminder_wall_time"),
        CheckConstraint(
            "(state IN ('done', 'cancelled', 'skipped')) = (closed_at IS NOT NULL)", name="reminder_closed"
        ),
        CheckConstraint("(series_id IS NULL) = (occurs_at_local IS NULL)", name="reminder_in_series"),
        CheckConstraint("(after IS NULL) = (after_event IS NULL)", name="reminder_after"),
        CheckConstraint("state <> 'waiting' OR after IS NOT NULL", name="reminder_waits"),
        ForeignKeyConstraint(["series_id"], ["reminder_series.id"], name="reminder_of_series"),
        UniqueConstraint("series_id", "occurs_at_local", name="reminder_once"),
        Index(
            "reminder_turn",
            text(_OWNER),
            "due_at",
            "id",
            postgresql_where=text("state = 'scheduled'"),
        ),
        Index("reminder_awaiting", "customer_id", "after_event", postgresql_where=text("state = 'waiting'")),
        Index("reminder_waiting_until", "due_at", postgresql_where=text("state = 'waiting'")),
        Index(
            "reminder_after_event",
            "event_subject_id",
            postgresql_where=text("event_subject_id IS NOT NULL"),
        ),
        Index("reminder_of_rule", "rule_id", postgresql_where=text("rule_id IS NOT NULL")),
        Index(
            "reminder_escalating",
            "escalates_at",
            postgresql_where=text("state = 'due' AND escalates_at IS NOT NULL"),
        ),
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
    series_id: UUID | None = Field(sa_type=Uuid)
    occurs_at_local: datetime | None = Field(sa_type=DateTime(timezone=False))
    only_if: dict[str, Any] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    after_event: str | None = Field(sa_type=Text)
    after: dict[str, Any] | None = Field(sa_type=_ABSENT_AS_NULL)
    event_subject_id: UUID | None = Field(sa_type=Uuid)
    rule_id: UUID | None = Field(sa_type=Uuid)
    escalate_after_minutes: int | None = Field(sa_type=Integer)
    escalate_to_id: UUID | None = Field(sa_type=Uuid)
    escalates_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    escalated_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    outcome: str | None = Field(sa_type=Text)
    snooze_count: int = Field(sa_type=Integer)
    created_by: UUID | None = Field(sa_type=Uuid)
    closed_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = Field(sa_type=BigInteger)


class ReminderSeries(Base, table=True):
    """A rule that makes reminders, each when the one before it is over; `local_time` is the start.

    By the wall clock of `timezone`. Once it is ended (`ended_by` null: the rule names no day any more), it
    makes none.
    """

    __tablename__ = "reminder_series"
    __table_args__ = (
        CheckConstraint("ended_by IS NULL OR ended_at IS NOT NULL", name="reminder_series_ended"),
        Index("reminder_series_of_assignee", "assignee_id", "created_at", "id"),
        Index("reminder_series_of_creator", "created_by", "created_at", "id"),
        Index("reminder_series_of_customer", "customer_id", "created_at", "id"),
        Index("reminder_series_by_creation", "created_at", "id"),
        Index("reminder_series_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    customer_id: UUID | None = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    assignee_id: UUID | None = Field(sa_type=Uuid)
    subject: str = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    channels: list[str] = Field(sa_type=ARRAY(Text))
    only_if: dict[str, Any] = Field(sa_type=JSONB)
    escalate_after_minutes: int | None = Field(sa_type=Integer)
    escalate_to_id: UUID | None = Field(sa_type=Uuid)
    rrule: str = Field(sa_type=Text)
    local_time: datetime = Field(sa_type=DateTime(timezone=False))
    timezone: str = Field(sa_type=Text)
    ended_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    ended_by: UUID | None = Field(sa_type=Uuid)
    created_by: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = Field(sa_type=BigInteger)


class ReminderTransition(Base, table=True):
    """The history of a reminder's states: what was done, by whom (null: the system), and when.

    `reason` is a code (why it was skipped), `note` what somebody said, `from_id` and `to_id` who handed it on
    to whom.
    """

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
    reason: str | None = Field(sa_type=Text)
    note: str | None = Field(sa_type=Text)
    from_id: UUID | None = Field(sa_type=Uuid)
    to_id: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
