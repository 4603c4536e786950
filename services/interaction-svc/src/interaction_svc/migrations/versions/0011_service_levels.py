"""Policies and clocks of service levels, service teams, answers to and from complainants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow, see_everything

revision = "0011"
down_revision = "0010"

_MOMENT = sa.DateTime(timezone=True)
_STATUSES = (
    "received",
    "classified",
    "investigating",
    "waiting_customer",
    "resolving",
    "resolved",
    "informed",
    "mediation",
)
_UNRESOLVED = ("received", "classified", "investigating", "waiting_customer", "resolving", "mediation")
_MOVES = (
    ("", "open", "received"),
    ("received", "classify", "classified"),
    ("classified", "classify", "classified"),
    ("investigating", "classify", "investigating"),
    ("waiting_customer", "classify", "waiting_customer"),
    ("resolving", "classify", "resolving"),
    *((status, "assign", status) for status in _STATUSES),
    *((status, "answer", status) for status in _STATUSES),
    *(
        (status, "hear", "investigating" if status == "waiting_customer" else status)
        for status in _STATUSES
    ),
    *((status, "escalate", status) for status in _UNRESOLVED),
    ("classified", "start", "investigating"),
    ("investigating", "wait", "waiting_customer"),
    ("waiting_customer", "resume", "investigating"),
    ("investigating", "start", "resolving"),
    *((status, "resolve", "resolved") for status in _UNRESOLVED),
    ("resolved", "inform", "informed"),
    ("informed", "inform", "informed"),
    ("resolved", "close", "closed"),
    ("informed", "close", "closed"),
    ("informed", "mediate", "mediation"),
    ("closed", "mediate", "mediation"),
    ("resolved", "reopen", "investigating"),
    ("informed", "reopen", "investigating"),
    ("closed", "reopen", "investigating"),
)
_NEXT = (
    "CASE WHEN done_at IS NOT NULL THEN CASE WHEN done_at > due_at AND fired < 2 THEN done_at END "
    "WHEN paused_at IS NULL THEN alarm_at[fired + 1] END"
)


def upgrade() -> None:
    _rules()
    _teams()
    for name, kind in (
        ("tier", sa.Text),
        ("org_unit_id", sa.Uuid),
        ("policy_id", sa.Uuid),
        ("first_answered_at", _MOMENT),
        ("awaiting_since", _MOMENT),
    ):
        op.add_column("complaint", sa.Column(name, kind))
    op.alter_column("complaint_step", "done_by", nullable=True)
    op.create_check_constraint(
        "complaint_step_done_by", "complaint_step", "done_by IS NOT NULL OR verb = 'escalate'"
    )
    op.drop_constraint("complaint_step_table", "complaint_step")
    table = ", ".join(f"('{source}', '{verb}', '{target}')" for source, verb, target in _MOVES)
    op.create_check_constraint(
        "complaint_step_table",
        "complaint_step",
        f"(coalesce(from_status, ''), verb, to_status) IN ({table})",
    )
    _clocks()
    _count_what_is_open()


def _rules() -> None:
    op.create_table(
        "rule_revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Uuid, nullable=False),
    )
    op.execute("INSERT INTO rule_revision VALUES (1, gen_random_uuid())")
    op.create_table(
        "sla_policy",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("tiers", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("distributor_ids", postgresql.ARRAY(sa.Uuid), nullable=False),
        sa.Column("targets", postgresql.JSONB, nullable=False),
        sa.Column("working_time", sa.Boolean, nullable=False),
        sa.Column("warn_percent", sa.Integer, nullable=False),
        sa.Column("escalation", postgresql.JSONB, nullable=False),
        sa.Column("at_night", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("warn_percent BETWEEN 1 AND 99", name="sla_policy_warn_percent"),
    )
    op.create_index("sla_policy_by_position", "sla_policy", ["position", "id"])


def _teams() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("manager_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("name", name="team_name"),
    )
    op.create_table(
        "team_member",
        sa.Column("staff_id", sa.Uuid, primary_key=True),
        sa.Column("team_id", sa.Uuid, sa.ForeignKey("team.id", ondelete="CASCADE"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("territories", postgresql.ARRAY(sa.Uuid), nullable=False),
    )
    op.create_index("team_member_of_team", "team_member", ["team_id", "place"])


def _clocks() -> None:
    op.create_table(
        "sla_clock",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, sa.ForeignKey("complaint.id", ondelete="CASCADE"), nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("policy_id", sa.Uuid),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("paused_at", _MOMENT),
        sa.Column("done_at", _MOMENT),
        sa.Column("alarm_at", postgresql.ARRAY(_MOMENT), nullable=False),
        sa.Column("alarm_to", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("fired", sa.Integer, nullable=False),
        sa.Column("next_at", _MOMENT, sa.Computed(_NEXT, persisted=True)),
        sa.CheckConstraint("metric IN ('first_answer', 'next_answer', 'resolution')", name="sla_clock_metric"),
        sa.CheckConstraint("cardinality(alarm_at) = cardinality(alarm_to)", name="sla_clock_alarms"),
        sa.UniqueConstraint("complaint_id", "metric", "started_at", name="sla_clock_once"),
    )
    op.create_index(
        "sla_clock_next", "sla_clock", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL")
    )
    narrow("sla_clock", distributor=None, through="complaint", by="complaint_id")


def _count_what_is_open() -> None:
    """Cases that are open get their clocks from the first worker that starts."""
    see_everything()
    op.execute(
        """
        INSERT INTO job (id, kind, args, state, run_at, attempts, max_attempts, fence, dedup_key, again,
            created_at)
        SELECT gen_random_uuid(), 'rules.changed', '{}', 'queued', now(), 0, 5, 0, 'rules.changed', false, now()
        WHERE EXISTS (SELECT FROM complaint)
        """
    )
