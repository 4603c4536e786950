"""First tables of the HTTP habits: idempotency records."""

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    """Create `idempotency`."""
    op.create_table(
        "idempotency",
        sa.Column("key_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
