"""When next orders are to be expected, and what is bought with what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0015"
down_revision = "0014"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "next_purchase",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("p_alive", sa.Float, nullable=False),
        *(
            sa.Column(name, _MOMENT, nullable=False)
            for name in ("earliest_80", "earliest_50", "expected_at", "latest_50", "latest_80")
        ),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("computed_at", _MOMENT, nullable=False),
    )
    op.create_index("next_purchase_due", "next_purchase", ["expected_at", "customer_id"])
    narrow("next_purchase", distributor=None, through="customer_ref")
    _recommender()
    op.create_index("order_line_fact_of_sku", "order_line_fact", ["sku", "customer_id"])


def _recommender() -> None:
    op.create_table(
        "recommender",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("bases", postgresql.JSONB, nullable=False),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("products", sa.Integer, nullable=False),
        sa.Column("purchases", sa.Integer, nullable=False),
        sa.Column("popular", postgresql.JSONB, nullable=False),
        sa.Column("card", postgresql.JSONB, nullable=False),
        sa.Column("as_of", _MOMENT, nullable=False),
        sa.Column("built_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('current', 'retired')", name="recommender_status_known"),
    )
    op.create_index(
        "recommender_one_current",
        "recommender",
        ["status"],
        unique=True,
        postgresql_where=sa.text("status = 'current'"),
    )
    op.create_table(
        "recommender_product",
        sa.Column("recommender_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("others", postgresql.ARRAY(sa.Integer), nullable=False),
        sa.Column("weights", postgresql.ARRAY(sa.REAL), nullable=False),
        sa.Column("together", postgresql.ARRAY(sa.Integer), nullable=False),
    )
    op.create_index(
        "recommender_product_named", "recommender_product", ["recommender_id", "sku"], unique=True
    )
