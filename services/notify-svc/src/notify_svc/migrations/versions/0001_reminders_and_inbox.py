"""Reminders, their occurrences and history, what events asked for, and the inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import v1
from shared.migrations.row_security import secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)

_KEEPS_TO_ITS_STATES = """
CREATE FUNCTION reminder_keeps_to_its_states() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('done', 'cancelled')
       OR (NEW.state IN ('due', 'missed') AND NEW.state <> OLD.state AND OLD.state <> 'scheduled') THEN
        RAISE EXCEPTION 'a reminder cannot become % after %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
_TRIGGER = """
CREATE TRIGGER reminder_states BEFORE UPDATE ON reminder
FOR EACH ROW EXECUTE FUNCTION reminder_keeps_to_its_states()
"""


def upgrade() -> None:
    """Create every table of the first version."""
    v1.upgrade()
    _reminder()
    _transition()
    _occurrence()
    _source()
    _inbox()
    secure("reminder", "reminder_transition", "reminder_occurrence", "inbox_item")


def _reminder() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("assignee_id", sa.Uuid),
        sa.Column("subject", sa.Text),
        sa.Column("subject_code", sa.Text),
        sa.Column("subject_parameters", postgresql.JSONB, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("local_time", sa.DateTime(timezone=False)),
        sa.Column("timezone", sa.Text),
        sa.Column("channels", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid),
        sa.Column("topic_id", sa.Uuid),
        sa.Column("outcome", sa.Text),
        sa.Column("snooze_count", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.Column("closed_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'due', 'done', 'cancelled', 'missed')", name="reminder_state"
        ),
        sa.CheckConstraint("source IN ('manual', 'churn', 'complaint')", name="reminder_source"),
        sa.CheckConstraint(
            "(source = 'manual') = (topic_id IS NULL) AND (topic_id IS NULL) = (source_id IS NULL)",
            name="reminder_topic",
        ),
        sa.CheckConstraint("num_nonnulls(subject, subject_code) = 1", name="reminder_subject"),
        sa.CheckConstraint("num_nonnulls(local_time, timezone) <> 1", name="reminder_wall_time"),
        sa.CheckConstraint(
            "(state IN ('done', 'cancelled')) = (closed_at IS NOT NULL)", name="reminder_closed"
        ),
    )
    waiting = sa.text("state = 'scheduled'")
    op.create_index("reminder_waiting", "reminder", ["due_at"], postgresql_where=waiting)
    op.create_index(
        "reminder_open_topic",
        "reminder",
        ["source", "topic_id"],
        unique=True,
        postgresql_where=sa.text("topic_id IS NOT NULL AND state IN ('scheduled', 'due', 'missed')"),
    )
    op.create_index("reminder_of_assignee", "reminder", ["assignee_id", "due_at", "id"])
    op.create_index("reminder_of_creator", "reminder", ["created_by", "due_at", "id"])
    op.create_index("reminder_of_customer", "reminder", ["customer_id", "due_at", "id"])
    op.create_index("reminder_by_due", "reminder", ["due_at", "id"])
    op.create_index("reminder_by_creation", "reminder", ["created_at", "id"])
    op.execute(_KEEPS_TO_ITS_STATES)
    op.execute(_TRIGGER)


def _transition() -> None:
    op.create_table(
        "reminder_transition",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("reminder_id", sa.Uuid, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("deed", sa.Text, nullable=False),
        sa.Column("from_state", sa.Text),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("by_id", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="reminder_transition_of", ondelete="CASCADE"
        ),
    )
    op.create_index("reminder_transition_history", "reminder_transition", ["reminder_id", "created_at"])


def _occurrence() -> None:
    op.create_table(
        "reminder_occurrence",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("reminder_id", sa.Uuid, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="reminder_occurrence_of", ondelete="CASCADE"
        ),
        sa.CheckConstraint("result IN ('fired', 'missed')", name="reminder_occurrence_result"),
        sa.UniqueConstraint("reminder_id", "due_at", name="reminder_occurrence_once"),
    )


def _source() -> None:
    op.create_table(
        "reminder_source",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _inbox() -> None:
    op.create_table(
        "inbox_box",
        sa.Column("recipient_id", sa.Uuid, primary_key=True),
        sa.Column("last_number", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "inbox_item",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("subject_code", sa.Text),
        sa.Column("subject_parameters", postgresql.JSONB, nullable=False),
        sa.Column("about_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("due_at", _MOMENT),
        sa.Column("read_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('reminder.due', 'reminder.missed')", name="inbox_item_kind"),
        sa.CheckConstraint("num_nonnulls(subject, subject_code) = 1", name="inbox_item_subject"),
        sa.UniqueConstraint("recipient_id", "number", name="inbox_item_number"),
    )
    op.create_index("inbox_item_newest", "inbox_item", ["recipient_id", "created_at", "id"])
    unread = sa.text("read_at IS NULL")
    op.create_index("inbox_item_unread", "inbox_item", ["recipient_id"], postgresql_where=unread)
    op.create_index("inbox_item_about", "inbox_item", ["about_id"])
