"""Orders that are voided count no more."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("order_fact", sa.Column("voided", sa.Boolean, nullable=False, server_default=sa.false()))
