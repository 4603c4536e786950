"""Customers that came by the recommendation of others."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("customer", sa.Column("referred_by", sa.Uuid, sa.ForeignKey("customer.id"), nullable=True))
    op.create_index(
        "customer_referred",
        "customer",
        ["referred_by", "created_at", "id"],
        postgresql_where=sa.text("referred_by IS NOT NULL"),
    )
