"""Visits with their steps, series of them, people's calendar addresses, and the rule of senior people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.following import follow_row
from shared.migrations.sight import narrow

revision = "0015"
down_revision = "0014"

_MOMENT = sa.DateTime(timezone=True)
_MOVES = (
    ("plan", "planned"),
    ("change", "planned"),
    ("move", "planned"),
    ("check_in", "planned"),
    ("report", "done"),
    ("cancel", "cancelled"),
    ("miss", "missed"),
    ("replan", "planned"),
)


def upgrade() -> None:
    _rule()
    _series()
    _visits()
    _steps()
    _feeds()
    for table in ("visit_series", "visit"):
        narrow(table, held=("assignee_id",), through="customer_ref")
    narrow("visit_step", distributor=None, through="visit", by="visit_id")
    belong_to_customers("visit_series", "visit")
    follow_row("visit_step", "visit", "visit_id")


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _MOMENT, nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def _whose() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        _uuid("customer_id"),
        _uuid("origin_id", nullable=True),
        _uuid("distributor_id", nullable=True),
        _uuid("assignee_id"),
    ]


def _plan() -> list[sa.Column]:
    return [
        _text("timezone"),
        _text("purpose"),
        _text("content", nullable=True),
        sa.Column("place", postgresql.JSONB(none_as_null=True)),
        sa.Column("participants", postgresql.JSONB, nullable=False),
    ]


def _kept() -> list[sa.Column]:
    return [
        _uuid("created_by"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
    ]


def _of_origin(table: str) -> None:
    op.create_index(
        f"{table}_of_origin", table, ["origin_id"], postgresql_where=sa.text("origin_id IS NOT NULL")
    )


def _rule() -> None:
    op.create_table(
        "visit_rule",
        sa.Column("single", sa.Boolean, primary_key=True),
        sa.Column("tiers", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("senior_roles", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("every_days", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("updated_at"),
        _uuid("updated_by"),
        sa.CheckConstraint("single", name="visit_rule_single"),
        sa.CheckConstraint("every_days BETWEEN 1 AND 1096", name="visit_rule_days"),
    )


def _series() -> None:
    op.create_table(
        "visit_series",
        *_whose(),
        _text("rrule"),
        sa.Column("starts_on_local", sa.DateTime, nullable=False),
        sa.Column("duration_minutes", sa.Integer, nullable=False),
        *_plan(),
        _moment("made_until"),
        _moment("ends_at", nullable=True),
        _moment("ended_at", nullable=True),
        _uuid("ended_by", nullable=True),
        *_kept(),
        sa.CheckConstraint("duration_minutes BETWEEN 1 AND 1440", name="visit_series_duration"),
        sa.CheckConstraint(
            "(ends_at IS NULL) = (ended_at IS NULL) AND (ends_at IS NULL) = (ended_by IS NULL)",
            name="visit_series_ended",
        ),
    )
    op.create_index("visit_series_of_customer", "visit_series", ["customer_id", "created_at", "id"])
    op.create_index("visit_series_of_distributor", "visit_series", ["distributor_id", "created_at", "id"])
    op.create_index("visit_series_of_person", "visit_series", ["assignee_id", "created_at", "id"])
    op.create_index("visit_series_by_created", "visit_series", ["created_at", "id"])
    op.create_index("visit_series_to_make", "visit_series", ["made_until"])
    _of_origin("visit_series")


def _visits() -> None:
    op.create_table(
        "visit",
        *_whose(),
        sa.Column("series_id", sa.Uuid, sa.ForeignKey("visit_series.id")),
        sa.Column("occurs_on", sa.Date),
        sa.Column("by_hand", sa.Boolean, nullable=False),
        _moment("starts_at"),
        _moment("ends_at"),
        *_plan(),
        sa.Column("staff_ids", postgresql.ARRAY(sa.Uuid), nullable=False),
        _text("status"),
        sa.Column("check_in", postgresql.JSONB(none_as_null=True)),
        _moment("checked_in_at", nullable=True),
        _uuid("checked_in_by", nullable=True),
        _uuid("interaction_id", nullable=True),
        _moment("done_at", nullable=True),
        _uuid("done_by", nullable=True),
        _moment("missed_at", nullable=True),
        _moment("cancelled_at", nullable=True),
        _uuid("cancelled_by", nullable=True),
        _text("reason", nullable=True),
        *_kept(),
        sa.CheckConstraint(
            "status IN ('planned', 'done', 'missed', 'cancelled')",
            name="visit_status",
        ),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at <= starts_at + interval '24 hours'", name="visit_times"
        ),
        sa.CheckConstraint(
            "(status = 'done') = (interaction_id IS NOT NULL) AND (status = 'done') = (done_at IS NOT NULL)",
            name="visit_done",
        ),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="visit_cancelled"),
        sa.CheckConstraint(
            "CASE status WHEN 'missed' THEN missed_at IS NOT NULL WHEN 'done' THEN true "
            "ELSE missed_at IS NULL END",
            name="visit_missed",
        ),
        sa.CheckConstraint("(check_in IS NULL) = (checked_in_at IS NULL)", name="visit_checked_in"),
        sa.CheckConstraint("(series_id IS NULL) = (occurs_on IS NULL)", name="visit_occurs"),
        sa.UniqueConstraint("series_id", "occurs_on", name="visit_once"),
    )
    op.create_index("visit_of_customer", "visit", ["customer_id", "starts_at", "id"])
    op.create_index("visit_of_distributor", "visit", ["distributor_id", "starts_at", "id"])
    op.create_index("visit_of_person", "visit", ["assignee_id", "starts_at", "id"])
    op.create_index("visit_by_start", "visit", ["starts_at", "id"])
    op.create_index("visit_by_created", "visit", ["created_at", "id"])
    op.create_index("visit_waiting", "visit", ["ends_at"], postgresql_where=sa.text("status = 'planned'"))
    _of_origin("visit")


def _steps() -> None:
    moves = ", ".join(f"('{verb}', '{status}')" for verb, status in _MOVES)
    op.create_table(
        "visit_step",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("visit_id", sa.Uuid, sa.ForeignKey("visit.id", ondelete="CASCADE"), nullable=False),
        _uuid("customer_id"),
        _uuid("distributor_id", nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        _text("verb"),
        _text("status"),
        _moment("starts_at"),
        _moment("ends_at"),
        _uuid("assignee_id"),
        _text("note", nullable=True),
        _uuid("done_by", nullable=True),
        _moment("done_at"),
        sa.CheckConstraint(f"(verb, status) IN ({moves})", name="visit_step_verb"),
        sa.CheckConstraint("(done_by IS NULL) = (verb = 'miss')", name="visit_step_done_by"),
        sa.UniqueConstraint("visit_id", "version", name="visit_step_once"),
    )
    op.create_index("visit_step_of_customer", "visit_step", ["customer_id", "done_at", "id"])


def _feeds() -> None:
    op.create_table(
        "visit_feed",
        sa.Column("staff_id", sa.Uuid, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        _moment("created_at"),
        sa.UniqueConstraint("token_hash", name="visit_feed_of_token"),
    )
