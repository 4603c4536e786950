"""Steps of loads with their answers, what previews foresee, and promises found by their interaction."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "load_step",
        sa.Column("work_id", sa.Uuid, primary_key=True),
        sa.Column("deed", sa.Text, primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("deed IN ('load', 'preview', 'withdrawal')", name="load_step_deed"),
    )
    op.create_index("load_step_by_age", "load_step", ["created_at"])
    op.create_table(
        "load_foreseen",
        sa.Column("work_id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        *(
            sa.Column(name, sa.LargeBinary, nullable=False)
            for name in ("agreement", "participants", "attachments")
        ),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("load_foreseen_by_age", "load_foreseen", ["created_at"])
    op.create_index(
        "promise_of_interaction",
        "promise",
        ["interaction_id"],
        postgresql_where=sa.text("interaction_id IS NOT NULL"),
    )
