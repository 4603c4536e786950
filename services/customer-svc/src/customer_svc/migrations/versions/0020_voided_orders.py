"""Orders can be voided; their numbers are free then."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("sales_order", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sales_order", sa.Column("voided_by", sa.Uuid, nullable=True))
    op.create_check_constraint(
        "sales_order_voided", "sales_order", "(voided_at IS NULL) = (voided_by IS NULL)"
    )
    op.create_index(
        "sales_order_number",
        "sales_order",
        ["channel", "order_no", "distributor_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where="voided_at IS NULL",
    )
    op.drop_index("sales_order_key", "sales_order")
    op.create_index(
        "sales_order_returned",
        "sales_order",
        ["channel", "return_of"],
        postgresql_where="return_of IS NOT NULL AND voided_at IS NULL",
    )
