"""Staff and customers' tiers, as far as they are known here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "staff_ref",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("org_unit_id", sa.Uuid),
        sa.Column("roles", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_staff_ref_org_unit_id", "staff_ref", ["org_unit_id"])
    op.create_table(
        "customer_tier",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    narrow("customer_tier", distributor=None, through="customer_ref", by="customer_id")
