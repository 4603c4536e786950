"""External ids and order numbers are a distributor's own, as customer codes are."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for table, name in (("customer_identity", "external_id"), ("sales_order", "order_no")):
        op.drop_index(f"{table}_key", table)
        op.create_index(
            f"{table}_key",
            table,
            ["channel", name, "distributor_id"],
            unique=True,
            postgresql_nulls_not_distinct=True,
        )
