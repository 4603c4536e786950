"""Complaints that were the same as others count no more."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "complaint_fact", sa.Column("merged", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.alter_column("complaint_fact", "merged", server_default=None)
