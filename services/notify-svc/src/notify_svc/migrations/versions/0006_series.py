"""Series of reminders, what is asked again when one is due, who is told of silence, and what is done in boxes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0006"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)
_NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
# A CASE, as row security lets no index answer a COALESCE: PostgreSQL takes that for something that may leak.
_OWNER = f"(CASE WHEN assignee_id IS NULL THEN {_NOBODY} ELSE assignee_id END)"
_KEEPS_TO_ITS_STATES = """
CREATE OR REPLACE FUNCTION reminder_keeps_to_its_states() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('done', 'cancelled', 'skipped')
       OR NEW.state <> OLD.state AND (
           NEW.state IN ('due', 'skipped') AND OLD.state <> 'scheduled'
           OR NEW.state = 'missed' AND OLD.state NOT IN ('scheduled', 'waiting')
           OR NEW.state = 'waiting') THEN
        RAISE EXCEPTION 'a reminder cannot become % after %', NEW.state, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    _series()
    _reminder()
    _states()
    _history()
    _inbox()
    narrow("reminder_series", held=("assignee_id", "created_by"), through="customer_ref")
    belong_to_customers("reminder_series")


def _series() -> None:
    op.create_table(
        "reminder_series",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("assignee_id", sa.Uuid),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("channels", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("only_if", postgresql.JSONB, nullable=False),
        sa.Column("escalate_after_minutes", sa.Integer),
        sa.Column("escalate_to_id", sa.Uuid),
        sa.Column("rrule", sa.Text, nullable=False),
        sa.Column("local_time", sa.DateTime(timezone=False), nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", sa.Uuid),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("ended_by IS NULL OR ended_at IS NOT NULL", name="reminder_series_ended"),
    )
    op.create_index("reminder_series_of_assignee", "reminder_series", ["assignee_id", "created_at", "id"])
    op.create_index("reminder_series_of_creator", "reminder_series", ["created_by", "created_at", "id"])
    op.create_index("reminder_series_of_customer", "reminder_series", ["customer_id", "created_at", "id"])
    op.create_index("reminder_series_by_creation", "reminder_series", ["created_at", "id"])
    op.create_index(
        "reminder_series_of_origin",
        "reminder_series",
        ["origin_id"],
        postgresql_where=sa.text("origin_id IS NOT NULL"),
    )


def _reminder() -> None:
    for column in (
        sa.Column("series_id", sa.Uuid),
        sa.Column("occurs_at_local", sa.DateTime(timezone=False)),
        sa.Column("only_if", postgresql.JSONB, nullable=False, server_default="{}"),
        sa.Column("after_event", sa.Text),
        sa.Column("after", postgresql.JSONB(none_as_null=True)),
        sa.Column("event_subject_id", sa.Uuid),
        sa.Column("escalate_after_minutes", sa.Integer),
        sa.Column("escalate_to_id", sa.Uuid),
        sa.Column("escalates_at", _MOMENT),
        sa.Column("escalated_at", _MOMENT),
    ):
        op.add_column("reminder", column)
    op.create_foreign_key("reminder_of_series", "reminder", "reminder_series", ["series_id"], ["id"])
    op.create_unique_constraint("reminder_once", "reminder", ["series_id", "occurs_at_local"])
    op.create_index(
        "reminder_turn",
        "reminder",
        [sa.text(_OWNER), "due_at", "id"],
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.create_index(
        "reminder_awaiting",
        "reminder",
        ["customer_id", "after_event"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "reminder_waiting_until",
        "reminder",
        ["due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "reminder_after_event",
        "reminder",
        ["event_subject_id"],
        postgresql_where=sa.text("event_subject_id IS NOT NULL"),
    )
    op.create_index(
        "reminder_escalating",
        "reminder",
        ["escalates_at"],
        postgresql_where=sa.text("state = 'due' AND escalates_at IS NOT NULL"),
    )


def _states() -> None:
    op.execute(_KEEPS_TO_ITS_STATES)
    for name in ("reminder_state", "reminder_source", "reminder_closed"):
        op.drop_constraint(name, "reminder")
    op.create_check_constraint(
        "reminder_state",
        "reminder",
        "state IN ('waiting', 'scheduled', 'due', 'done', 'cancelled', 'missed', 'skipped')",
    )
    op.create_check_constraint(
        "reminder_source",
        "reminder",
        "source IN ('manual', 'churn', 'complaint', 'sla', 'escalation', 'watch', 'rule')",
    )
    op.create_check_constraint(
        "reminder_closed",
        "reminder",
        "(state IN ('done', 'cancelled', 'skipped')) = (closed_at IS NOT NULL)",
    )
    op.create_check_constraint(
        "reminder_in_series", "reminder", "(series_id IS NULL) = (occurs_at_local IS NULL)"
    )
    op.create_check_constraint("reminder_after", "reminder", "(after IS NULL) = (after_event IS NULL)")
    op.create_check_constraint("reminder_waits", "reminder", "state <> 'waiting' OR after IS NOT NULL")


def _history() -> None:
    op.add_column("reminder_transition", sa.Column("reason", sa.Text))
    op.add_column("reminder_transition", sa.Column("note", sa.Text))
    op.add_column("reminder_transition", sa.Column("from_id", sa.Uuid))
    op.add_column("reminder_transition", sa.Column("to_id", sa.Uuid))
    op.add_column("reminder_occurrence", sa.Column("reason", sa.Text))
    op.drop_constraint("reminder_occurrence_result", "reminder_occurrence")
    op.create_check_constraint(
        "reminder_occurrence_result",
        "reminder_occurrence",
        "result IN ('fired', 'missed', 'skipped') AND (result = 'skipped') = (reason IS NOT NULL)",
    )


def _inbox() -> None:
    op.add_column("inbox_item", sa.Column("done_at", _MOMENT))
    op.drop_constraint("inbox_item_kind", "inbox_item")
    op.create_check_constraint(
        "inbox_item_kind",
        "inbox_item",
        "kind IN ('reminder.due', 'reminder.missed', 'reminder.delegated', 'reminder.escalated',"
        " 'reminder.digest')",
    )
    op.create_check_constraint("inbox_item_done", "inbox_item", "done_at IS NULL OR read_at IS NOT NULL")
