"""Orders by channel and product, answers by what they are about, and customers by what they are."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("order_fact", sa.Column("channel", sa.Text))
    for part in ("quality", "attitude", "delivery"):
        op.add_column("survey_fact", sa.Column(part, sa.Float))
    op.create_table(
        "order_line_fact",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.SmallInteger, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("sku", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("quantity", sa.Float, nullable=False),
        sa.Column("amount_minor", sa.BigInteger),
    )
    op.create_index("order_line_fact_of_customer", "order_line_fact", ["customer_id"])
    op.create_table(
        "customer_profile",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text),
        sa.Column("industry", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("size", sa.Text),
        sa.Column("referred_by", sa.Uuid),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index(
        "customer_profile_referred",
        "customer_profile",
        ["referred_by"],
        postgresql_where=sa.text("referred_by IS NOT NULL"),
    )
    for table in ("order_line_fact", "customer_profile"):
        narrow(table, distributor=None, through="customer_ref")
