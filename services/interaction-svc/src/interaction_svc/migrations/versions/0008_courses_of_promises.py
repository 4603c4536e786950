"""Promises made in complaints, and the steps of every promise."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.following import follow_row
from shared.migrations.sight import narrow, see_everything

revision = "0008"
down_revision = "0007"

_MOMENT = sa.DateTime(timezone=True)
_VERBS = "'make', 'change', 'move', 'keep', 'withdraw', 'break'"


def upgrade() -> None:
    op.add_column("promise", sa.Column("complaint_id", sa.Uuid))
    op.create_index(
        "promise_of_complaint",
        "promise",
        ["complaint_id"],
        postgresql_where=sa.text("complaint_id IS NOT NULL"),
    )
    op.create_table(
        "promise_step",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("promise_id", sa.Uuid, sa.ForeignKey("promise.id", ondelete="CASCADE"), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("promised_by", sa.Uuid, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("done_by", sa.Uuid),
        sa.Column("done_at", _MOMENT, nullable=False),
        sa.CheckConstraint(f"verb IN ({_VERBS})", name="promise_step_verb"),
        sa.CheckConstraint("(done_by IS NULL) = (verb = 'break')", name="promise_step_done_by"),
        sa.UniqueConstraint("promise_id", "version", name="promise_step_once"),
    )
    op.create_index("promise_step_of_customer", "promise_step", ["customer_id", "done_at", "id"])
    see_everything()
    _known_steps()
    narrow("promise_step", distributor=None, through="promise", by="promise_id")
    follow_row("promise_step", "promise", "promise_id")


def _known_steps() -> None:
    """What is known of the promises that are there: that they were made, broke, and how they ended."""
    for verb, status, version, by, at, where in (
        ("make", "'open'", "1", "created_by", "created_at", "TRUE"),
        ("break", "'broken'", "2", "NULL", "broken_at", "broken_at IS NOT NULL AND version > 1"),
        (
            "CASE status WHEN 'kept' THEN 'keep' ELSE 'withdraw' END",
            "status",
            "greatest(version, 3)",
            "settled_by",
            "settled_at",
            "settled_at IS NOT NULL",
        ),
    ):
        said = verb if verb.startswith("CASE") else f"'{verb}'"
        note = "note" if verb.startswith("CASE") else "NULL"
        op.execute(
            f"""
            INSERT INTO promise_step (id, promise_id, customer_id, distributor_id, version, verb, status,
                due_at, promised_by, note, done_by, done_at)
            SELECT gen_random_uuid(), id, customer_id, distributor_id, {version}, {said}, {status},
                due_at, promised_by, {note}, {by}, {at} FROM promise WHERE {where}
            """
        )
