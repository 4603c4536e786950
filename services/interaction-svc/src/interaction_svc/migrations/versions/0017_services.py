"""Templates of service processes, and the services that run by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0017"
down_revision = "0016"

_PHASES = "phase IN ('pre_sale', 'in_sale', 'after_sale')"


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=nullable)


def upgrade() -> None:
    _processes()
    _records()
    _indexes()
    _steps()
    _moves()
    narrow("service_record", held=("assignee_id", "handler_id"), through="customer_ref")
    for table in ("service_step", "service_move"):
        narrow(table, distributor=None, through="service_record", by="record_id")
    belong_to_customers("service_record")


def _processes() -> None:
    op.create_table(
        "service_process",
        sa.Column("id", sa.Uuid, primary_key=True),
        _number("version"),
        _uuid("created_by"),
        _moment("created_at"),
    )
    op.create_index("service_process_by_created", "service_process", ["created_at", "id"])
    op.create_table(
        "service_process_version",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "process_id", sa.Uuid, sa.ForeignKey("service_process.id", ondelete="CASCADE"), nullable=False
        ),
        _number("version"),
        sa.Column("name", postgresql.JSONB, nullable=False),
        _text("phase"),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("steps", postgresql.JSONB, nullable=False),
        _uuid("changed_by"),
        _moment("changed_at"),
        sa.CheckConstraint(_PHASES, name="service_process_version_phase"),
        sa.UniqueConstraint("process_id", "version", name="service_process_version_once"),
    )


def _records() -> None:
    op.create_table(
        "service_record",
        sa.Column("id", sa.Uuid, primary_key=True),
        _uuid("customer_id"),
        _uuid("origin_id", nullable=True),
        _uuid("distributor_id", nullable=True),
        _uuid("org_unit_id", nullable=True),
        _uuid("interaction_id", nullable=True),
        _uuid("complaint_id", nullable=True),
        _text("phase"),
        _text("status"),
        _uuid("process_id", nullable=True),
        _number("process_version", nullable=True),
        _text("content", nullable=True),
        _uuid("assignee_id", nullable=True),
        _uuid("handler_id", nullable=True),
        _text("step_code", nullable=True),
        _moment("due_at", nullable=True),
        _moment("started_at"),
        _moment("finished_at", nullable=True),
        _text("reason", nullable=True),
        _number("rating", nullable=True),
        _text("rating_comment", nullable=True),
        _moment("rated_at", nullable=True),
        _uuid("rated_by", nullable=True),
        _uuid("created_by"),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        *_rules(),
        sa.ForeignKeyConstraint(
            ["process_id", "process_version"],
            ["service_process_version.process_id", "service_process_version.version"],
            name="service_record_runs",
        ),
    )


def _rules() -> list[sa.CheckConstraint]:
    rules = {
        "phase": _PHASES,
        "status": "status IN ('running', 'done', 'cancelled')",
        "process": "(process_id IS NULL) = (process_version IS NULL)",
        "told": "process_id IS NOT NULL OR content IS NOT NULL AND assignee_id IS NOT NULL",
        "finished": "(status = 'running') = (finished_at IS NULL)",
        "step": "(status = 'running') = (step_code IS NOT NULL)",
        "due": "(step_code IS NULL) = (due_at IS NULL)",
        "reason": "(status = 'cancelled') = (reason IS NOT NULL)",
        "rated": (
            "CASE WHEN rating IS NULL THEN rated_at IS NULL AND rated_by IS NULL AND rating_comment IS NULL "
            "ELSE status = 'done' AND rating BETWEEN 1 AND 5 AND rated_at IS NOT NULL "
            "AND rated_by IS NOT NULL END"
        ),
    }
    return [sa.CheckConstraint(rule, name=f"service_record_{name}") for name, rule in rules.items()]


def _indexes() -> None:
    for name, *columns in (
        ("of_customer", "customer_id", "started_at", "id"),
        ("of_distributor", "distributor_id", "started_at", "id"),
        ("of_assignee", "assignee_id", "started_at", "id"),
        ("of_process", "process_id", "started_at", "id"),
        ("by_started", "started_at", "id"),
        ("by_created", "created_at", "id"),
    ):
        op.create_index(f"service_record_{name}", "service_record", columns)
    for name, column in (
        ("of_handler", "handler_id"),
        ("of_interaction", "interaction_id"),
        ("of_complaint", "complaint_id"),
        ("of_origin", "origin_id"),
        ("waiting", "due_at"),
    ):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"service_record_{name}", "service_record", [column], postgresql_where=there)
    op.create_index(
        "service_record_done",
        "service_record",
        ["customer_id", "finished_at", "id"],
        postgresql_where=sa.text("status = 'done'"),
    )


def _steps() -> None:
    op.create_table(
        "service_step",
        sa.Column(
            "record_id", sa.Uuid, sa.ForeignKey("service_record.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("position", sa.Integer, primary_key=True),
        _text("code"),
        _text("role"),
        _number("expected_minutes"),
        _text("status"),
        _uuid("assignee_id", nullable=True),
        _moment("ready_at", nullable=True),
        _moment("due_at", nullable=True),
        _moment("started_at", nullable=True),
        _uuid("started_by", nullable=True),
        _moment("finished_at", nullable=True),
        _uuid("finished_by", nullable=True),
        _number("waiting_seconds", nullable=True),
        _number("waiting_working_seconds", nullable=True),
        _number("handling_seconds", nullable=True),
        _number("handling_working_seconds", nullable=True),
        sa.Column("form", postgresql.JSONB(none_as_null=True)),
        _text("reason", nullable=True),
        *_step_rules(),
    )


def _step_rules() -> list[sa.CheckConstraint]:
    rules = {
        "status": "status IN ('pending', 'ready', 'started', 'done', 'skipped')",
        "ready": "(status = 'pending') = (ready_at IS NULL) AND (ready_at IS NULL) = (due_at IS NULL)",
        "started": (
            "CASE WHEN status IN ('pending', 'ready') THEN started_at IS NULL "
            "WHEN status IN ('started', 'done') THEN started_at IS NOT NULL ELSE true END "
            "AND (started_at IS NULL) = (assignee_id IS NULL) "
            "AND (started_at IS NULL) = (waiting_seconds IS NULL)"
        ),
        "finished": (
            "(status IN ('done', 'skipped')) = (finished_at IS NOT NULL) "
            "AND (status = 'done') = (handling_seconds IS NOT NULL)"
        ),
        "told": "(status = 'done') = (form IS NOT NULL) AND (status = 'skipped') = (reason IS NOT NULL)",
    }
    return [sa.CheckConstraint(rule, name=f"service_step_{name}") for name, rule in rules.items()]


def _moves() -> None:
    op.create_table(
        "service_move",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, sa.ForeignKey("service_record.id", ondelete="CASCADE"), nullable=False),
        _number("version"),
        _text("verb"),
        _text("step_code", nullable=True),
        _text("status"),
        _uuid("assignee_id", nullable=True),
        _text("note", nullable=True),
        _uuid("done_by"),
        _moment("done_at"),
        sa.CheckConstraint(
            "verb IN ('begin', 'record', 'start', 'complete', 'skip', 'cancel', 'rate')",
            name="service_move_verb",
        ),
        sa.CheckConstraint(
            "(verb IN ('start', 'complete', 'skip')) = (step_code IS NOT NULL)", name="service_move_step"
        ),
        sa.UniqueConstraint("record_id", "version", name="service_move_once"),
    )
