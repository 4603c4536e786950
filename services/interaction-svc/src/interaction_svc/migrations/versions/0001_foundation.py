"""Interactions with their edits, complaints with their steps, and row security on all of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import v1
from shared.migrations.row_security import secure

revision = "0001"
down_revision = None

_CHANNELS = "channel IN ('call', 'email', 'meeting', 'chat', 'sms', 'social', 'other')"
_MOVES = (
    ("", "open", "received"),
    ("received", "classify", "classified"),
    ("received", "assign", "received"),
    ("received", "resolve", "resolved"),
    ("classified", "classify", "classified"),
    ("classified", "assign", "classified"),
    ("classified", "start", "investigating"),
    ("classified", "resolve", "resolved"),
    ("investigating", "classify", "investigating"),
    ("investigating", "assign", "investigating"),
    ("investigating", "start", "resolving"),
    ("investigating", "resolve", "resolved"),
    ("resolving", "classify", "resolving"),
    ("resolving", "assign", "resolving"),
    ("resolving", "resolve", "resolved"),
    ("resolved", "assign", "resolved"),
    ("resolved", "inform", "resolved"),
    ("resolved", "close", "closed"),
    ("resolved", "reopen", "investigating"),
    ("closed", "reopen", "investigating"),
)


def upgrade() -> None:
    v1.upgrade()
    _interactions()
    _interaction_edits()
    _complaints()
    _complaint_steps()
    _guard_the_status()
    secure("interaction", "interaction_edit", "complaint", "complaint_step")


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=nullable)


def _id() -> sa.Column:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _interactions() -> None:
    op.create_table(
        "interaction",
        _id(),
        _uuid("customer_id"),
        _uuid("distributor_id", nullable=True),
        _text("channel"),
        _text("direction"),
        _moment("occurred_at"),
        sa.Column("participants", postgresql.JSONB, nullable=False),
        _text("summary"),
        _text("agreement", nullable=True),
        sa.Column("attachments", postgresql.JSONB, nullable=False),
        _uuid("created_by"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint(_CHANNELS, name="interaction_channel"),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="interaction_direction"),
    )
    op.create_index("interaction_of_customer", "interaction", ["customer_id", "occurred_at", "id"])
    op.create_index("interaction_of_distributor", "interaction", ["distributor_id", "occurred_at", "id"])
    op.create_index("interaction_of_author", "interaction", ["created_by", "occurred_at", "id"])
    op.create_index("interaction_by_occurred", "interaction", ["occurred_at", "id"])
    op.create_index("interaction_by_created", "interaction", ["created_at", "id"])


def _interaction_edits() -> None:
    op.create_table(
        "interaction_edit",
        _id(),
        sa.Column(
            "interaction_id", sa.Uuid, sa.ForeignKey("interaction.id", ondelete="CASCADE"), nullable=False
        ),
        _uuid("distributor_id", nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changes", postgresql.JSONB, nullable=False),
        _uuid("edited_by"),
        _moment("edited_at"),
        sa.UniqueConstraint("interaction_id", "version", name="interaction_edit_once"),
    )


def _complaints() -> None:
    op.execute("CREATE SEQUENCE complaint_serial")
    op.create_table(
        "complaint",
        _id(),
        _text("number"),
        _uuid("customer_id"),
        _uuid("distributor_id", nullable=True),
        _text("channel"),
        _text("category"),
        _text("severity"),
        _text("subject"),
        _text("description"),
        _text("cause", nullable=True),
        _text("status"),
        _uuid("owner_id", nullable=True),
        _moment("opened_at"),
        _moment("sla_started_at"),
        _moment("sla_due_at"),
        _moment("step_started_at"),
        _moment("step_due_at", nullable=True),
        _moment("resolved_at", nullable=True),
        _text("result", nullable=True),
        _moment("informed_at", nullable=True),
        _text("told", nullable=True),
        _moment("closed_at", nullable=True),
        sa.Column("reopened_count", sa.Integer, nullable=False),
        _uuid("created_by"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        *_complaint_rules(),
        sa.UniqueConstraint("number", name="complaint_number"),
    )
    op.create_index("complaint_of_customer", "complaint", ["customer_id", "opened_at", "id"])
    op.create_index("complaint_of_distributor", "complaint", ["distributor_id", "opened_at", "id"])
    op.create_index("complaint_of_owner", "complaint", ["owner_id", "opened_at", "id"])
    op.create_index("complaint_by_status", "complaint", ["status", "opened_at", "id"])
    op.create_index("complaint_by_opened", "complaint", ["opened_at", "id"])
    op.create_index("complaint_by_updated", "complaint", ["updated_at", "id"])
    op.create_index("complaint_by_sla", "complaint", ["sla_due_at", "id"])
    op.create_index(
        "complaint_waiting", "complaint", ["step_due_at"], postgresql_where=sa.text("step_due_at IS NOT NULL")
    )


def _complaint_rules() -> list[sa.CheckConstraint]:
    rules = {
        "complaint_channel": _CHANNELS,
        "complaint_severity": "severity IN ('low', 'normal', 'high', 'critical')",
        "complaint_status": (
            "status IN ('received', 'classified', 'investigating', 'resolving', 'resolved', 'closed')"
        ),
        "complaint_resolved": "(status IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)",
        "complaint_result": "(resolved_at IS NULL) = (result IS NULL)",
        "complaint_closed": "(status = 'closed') = (closed_at IS NOT NULL)",
        "complaint_informed": "informed_at IS NULL OR (resolved_at IS NOT NULL AND told IS NOT NULL)",
        "complaint_step_due": "(status = 'closed') = (step_due_at IS NULL)",
    }
    return [sa.CheckConstraint(rule, name=name) for name, rule in rules.items()]


def _complaint_steps() -> None:
    table = ", ".join(f"('{source}', '{verb}', '{target}')" for source, verb, target in _MOVES)
    op.create_table(
        "complaint_step",
        _id(),
        sa.Column("complaint_id", sa.Uuid, sa.ForeignKey("complaint.id", ondelete="CASCADE"), nullable=False),
        _uuid("customer_id"),
        _uuid("distributor_id", nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        _text("verb"),
        _text("from_status", nullable=True),
        _text("to_status"),
        _uuid("owner_id", nullable=True),
        _text("note", nullable=True),
        _uuid("done_by"),
        _moment("done_at"),
        sa.CheckConstraint(
            f"(coalesce(from_status, ''), verb, to_status) IN ({table})", name="complaint_step_table"
        ),
        sa.UniqueConstraint("complaint_id", "version", name="complaint_step_once"),
    )
    op.create_index("complaint_step_of_customer", "complaint_step", ["customer_id", "done_at", "id"])


def _guard_the_status() -> None:
    pairs = ", ".join(sorted({f"('{source}', '{target}')" for source, _, target in _MOVES if source}))
    op.execute(
        f"""
        CREATE FUNCTION complaint_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'a complaint cannot go from % to %', OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'complaint_status_moves';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER complaint_status_moves BEFORE UPDATE OF status ON complaint
        FOR EACH ROW EXECUTE FUNCTION complaint_status_moves()
        """
    )
