"""Playbooks, their versions and runs, the facts that trigger them, and what other services are asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow, set_apart

revision = "0018"
down_revision = "0017"

_MOMENT = sa.DateTime(timezone=True)
_SOURCES = "'manual', 'churn', 'complaint', 'sla', 'escalation', 'watch', 'rule', 'playbook'"


def upgrade() -> None:
    _playbooks()
    _facts()
    _runs()
    _steps()
    _intents()
    for table in ("trigger_fact", "playbook_run"):
        op.create_index(f"{table}_of_origin", table, ["origin_id"], postgresql_where=sa.text("origin_id IS NOT NULL"))
        narrow(table, through="customer_ref")
    narrow("playbook_step", distributor=None, through="playbook_run", by="run_id")
    set_apart("playbook_intent")
    belong_to_customers("trigger_fact", "playbook_run")
    op.drop_constraint("reminder_source", "reminder")
    op.create_check_constraint("reminder_source", "reminder", f"source IN ({_SOURCES})")


def _playbooks() -> None:
    op.create_table(
        "playbook",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title_zh", sa.Text, nullable=False),
        sa.Column("title_en", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("published", sa.Integer),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("stopping", sa.Boolean, nullable=False),
        sa.Column("shipped", sa.Text),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("code", name="playbook_code"),
        sa.CheckConstraint("state IN ('draft', 'active', 'archived')", name="playbook_state"),
        sa.CheckConstraint("state <> 'active' OR published IS NOT NULL", name="playbook_published"),
    )
    op.create_index("playbook_by_creation", "playbook", ["created_at", "id"])
    op.create_table(
        "playbook_version",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("playbook_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("definition", postgresql.JSONB, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="playbook_version_of"),
        sa.UniqueConstraint("playbook_id", "number", name="playbook_version_number"),
    )


def _facts() -> None:
    op.create_table(
        "trigger_fact",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("from_code", sa.Text),
        sa.Column("to_code", sa.Text),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("taken_at", _MOMENT),
        sa.UniqueConstraint("kind", "subject_id", "number", name="trigger_fact_once"),
    )
    waiting = sa.text("taken_at IS NULL")
    op.create_index("trigger_fact_waiting", "trigger_fact", ["seq"], postgresql_where=waiting)
    op.create_index("trigger_fact_by_kind", "trigger_fact", ["kind", "at", "seq"])
    op.create_index("trigger_fact_by_time", "trigger_fact", ["at"])
    op.create_index("trigger_fact_of_customer", "trigger_fact", ["customer_id"])


def _runs() -> None:
    op.create_table(
        "playbook_run",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("playbook_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("entered_id", sa.Uuid, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("wake_at", _MOMENT),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("entered_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("changed_by", sa.Uuid),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="playbook_run_of"),
        sa.CheckConstraint("state IN ('running', 'paused', 'finished')", name="playbook_run_state"),
        sa.CheckConstraint(
            "outcome IN ('goal_reached', 'completed', 'stopped', 'exited')", name="playbook_run_outcome"
        ),
        sa.CheckConstraint(
            "(state = 'finished') = (outcome IS NOT NULL) AND (outcome IS NULL) = (finished_at IS NULL)",
            name="playbook_run_finished",
        ),
    )
    _indexes_of_runs()
    _runs_keep_to_their_states()


def _indexes_of_runs() -> None:
    unfinished = sa.text("state <> 'finished'")
    op.create_index(
        "playbook_run_once",
        "playbook_run",
        ["playbook_id", "entered_id"],
        unique=True,
        postgresql_where=unfinished,
    )
    op.create_index(
        "playbook_run_due",
        "playbook_run",
        ["playbook_id", "wake_at"],
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index("playbook_run_open", "playbook_run", ["playbook_id", "id"], postgresql_where=unfinished)
    op.create_index("playbook_run_of_customer", "playbook_run", ["customer_id", "playbook_id"])
    op.create_index("playbook_run_by_start", "playbook_run", ["created_at", "id"])
    op.create_index("playbook_run_of_playbook", "playbook_run", ["playbook_id", "created_at", "id"])


def _runs_keep_to_their_states() -> None:
    """A finished run stays as it is, but for whose it is."""
    op.execute(
        """
        CREATE FUNCTION playbook_run_keeps_to_its_states() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a finished run cannot become %', NEW.state USING ERRCODE = 'check_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER playbook_run_states BEFORE UPDATE ON playbook_run FOR EACH ROW
        WHEN (OLD.state = 'finished' AND (OLD.state, OLD.outcome, OLD.step, OLD.version)
              IS DISTINCT FROM (NEW.state, NEW.outcome, NEW.step, NEW.version))
        EXECUTE FUNCTION playbook_run_keeps_to_its_states()
        """
    )


def _steps() -> None:
    op.create_table(
        "playbook_step",
        sa.Column("run_id", sa.Uuid, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("made_id", sa.Uuid),
        sa.Column("until", _MOMENT),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["playbook_run.id"], name="playbook_step_of", ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('done', 'skipped', 'waiting', 'failed')", name="playbook_step_state"),
    )


def _intents() -> None:
    op.create_table(
        "playbook_intent",
        sa.Column("run_id", sa.Uuid, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("said", postgresql.JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("leased_until", _MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("give_up_at", _MOMENT, nullable=False),
        sa.Column("if_refused", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "step"],
            ["playbook_step.run_id", "playbook_step.step"],
            name="playbook_intent_of",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("state IN ('pending', 'leased', 'sent', 'failed')", name="playbook_intent_state"),
        sa.CheckConstraint("(state = 'leased') = (leased_until IS NOT NULL)", name="playbook_intent_leased"),
    )
    pending, leased = sa.text("state = 'pending'"), sa.text("state = 'leased'")
    op.create_index("playbook_intent_due", "playbook_intent", ["due_at"], postgresql_where=pending)
    op.create_index("playbook_intent_held", "playbook_intent", ["leased_until"], postgresql_where=leased)
