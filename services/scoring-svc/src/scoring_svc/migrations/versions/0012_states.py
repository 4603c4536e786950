"""What is kept of each customer so that an event costs the same however much happened before it."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "customer_state",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("stale", sa.SmallInteger, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    # Each event writes its customer's row again: there is room for that on its page, and what is a few
    # hundred bytes of numbers is not worth compressing.
    op.execute("ALTER TABLE customer_state SET (fillfactor = 60)")
    op.execute("ALTER TABLE customer_state ALTER COLUMN document SET STORAGE EXTERNAL")
    narrow("customer_state", distributor=None, through="customer_ref")
