"""Promises, behind row security."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "promise",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("interaction_id", sa.Uuid),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("promised_by", sa.Uuid, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("broken_at", _MOMENT),
        sa.Column("settled_at", _MOMENT),
        sa.Column("settled_by", sa.Uuid),
        sa.Column("note", sa.Text),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('open', 'kept', 'broken', 'withdrawn')", name="promise_status"),
        sa.CheckConstraint(
            "(settled_at IS NOT NULL) = (status IN ('kept', 'withdrawn'))", name="promise_settled"
        ),
    )
    op.create_index("promise_of_customer", "promise", ["customer_id", "due_at", "id"])
    op.create_index("promise_of_distributor", "promise", ["distributor_id", "due_at", "id"])
    op.create_index("promise_of_person", "promise", ["promised_by", "due_at", "id"])
    op.create_index("promise_by_due", "promise", ["due_at", "id"])
    op.create_index("promise_by_created", "promise", ["created_at", "id"])
    op.create_index("promise_waiting", "promise", ["due_at"], postgresql_where=sa.text("status = 'open'"))
    narrow("promise", held=("promised_by",), through="customer_ref")
