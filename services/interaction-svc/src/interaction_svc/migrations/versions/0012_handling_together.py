"""Merging of duplicate complaints, watchers, internal notes, macros and rules of assignment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0012"
down_revision = "0011"

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
    *((status, "merge", "merged") for status in _UNRESOLVED),
    *(("merged", "unmerge", status) for status in _UNRESOLVED),
)


def upgrade() -> None:
    _complaints()
    _notes()
    op.create_table(
        "complaint_macro",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("actions", postgresql.JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("name", name="complaint_macro_name"),
    )
    _assignment()


def _complaints() -> None:
    for name in ("product", "order_no", "merged_from"):
        op.add_column("complaint", sa.Column(name, sa.Text))
    op.add_column("complaint", sa.Column("merged_into", sa.Uuid))
    op.add_column(
        "complaint",
        sa.Column("watcher_ids", postgresql.ARRAY(sa.Uuid), nullable=False, server_default="{}"),
    )
    op.alter_column("complaint", "watcher_ids", server_default=None)
    for name, column, where in (
        ("complaint_merged_into", "merged_into", "merged_into IS NOT NULL"),
        ("complaint_open_of_owner", "owner_id", "resolved_at IS NULL"),
    ):
        op.create_index(name, "complaint", [column], postgresql_where=sa.text(where))
    op.create_index(
        "complaint_watched",
        "complaint",
        ["watcher_ids"],
        postgresql_using="gin",
        postgresql_where=sa.text("cardinality(watcher_ids) > 0"),
    )
    for name in ("complaint_status", "complaint_paused", "complaint_step_due"):
        op.drop_constraint(name, "complaint")
    op.drop_constraint("complaint_step_table", "complaint_step")
    table = ", ".join(f"('{source}', '{verb}', '{target}')" for source, verb, target in _MOVES)
    for name, on, rule in (
        ("complaint_status", "complaint", f"status IN {(*_STATUSES, 'merged', 'closed')}"),
        (
            "complaint_paused",
            "complaint",
            "(status IN ('waiting_customer', 'merged')) = (sla_paused_at IS NOT NULL)",
        ),
        ("complaint_step_due", "complaint", "(status IN ('closed', 'merged')) = (step_due_at IS NULL)"),
        (
            "complaint_merged",
            "complaint",
            "(status = 'merged') = (merged_into IS NOT NULL) AND (merged_into IS NULL) = (merged_from IS NULL)",
        ),
        (
            "complaint_step_table",
            "complaint_step",
            f"(coalesce(from_status, ''), verb, to_status) IN ({table})",
        ),
    ):
        op.create_check_constraint(name, on, rule)
    _guard_the_status()


def _guard_the_status() -> None:
    pairs = ", ".join(sorted({f"('{source}', '{target}')" for source, _, target in _MOVES if source}))
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION complaint_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'a complaint cannot go from % to %', OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'complaint_status_moves';
            END IF;
            RETURN NEW;
        END $$
        """
    )


def _notes() -> None:
    op.create_table(
        "complaint_note",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, sa.ForeignKey("complaint.id", ondelete="CASCADE"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index(
        "complaint_note_of_complaint", "complaint_note", ["complaint_id", "created_at", "id"]
    )
    narrow("complaint_note", distributor=None, through="complaint", by="complaint_id")


def _assignment() -> None:
    lists = (("categories", sa.Text), ("severities", sa.Text), ("channels", sa.Text), ("tiers", sa.Text))
    op.create_table(
        "assignment_rule",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        *(sa.Column(name, postgresql.ARRAY(kind), nullable=False) for name, kind in lists),
        sa.Column("distributor_ids", postgresql.ARRAY(sa.Uuid), nullable=False),
        sa.Column("team_id", sa.Uuid, sa.ForeignKey("team.id", ondelete="CASCADE"), nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("last_staff_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "method IN ('round_robin', 'least_open', 'skill', 'territory')", name="assignment_rule_method"
        ),
    )
    op.create_index("assignment_rule_by_position", "assignment_rule", ["position", "id"])
