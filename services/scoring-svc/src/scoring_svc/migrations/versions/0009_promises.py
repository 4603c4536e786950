"""What was promised to customers, and what became of it."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0009"
down_revision = "0008"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "promise_fact",
        sa.Column("promise_id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("made_at", _MOMENT),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("broken_at", _MOMENT),
        sa.Column("settled_at", _MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index(
        "promise_fact_of_customer",
        "promise_fact",
        ["customer_id", "broken_at"],
        postgresql_where=sa.text("broken_at IS NOT NULL"),
    )
    narrow("promise_fact", distributor=None, through="customer_ref")
