"""Contacts that are withdrawn count no more."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "contact_fact", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false())
    )
