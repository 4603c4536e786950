"""Until when contracts are in force, for what asks later than the contract was told of."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "contract_end",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("ends_on", sa.Date),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("contract_end_of_customer", "contract_end", ["customer_id"])
    op.create_index(
        "contract_end_of_origin",
        "contract_end",
        ["origin_id"],
        postgresql_where=sa.text("origin_id IS NOT NULL"),
    )
    op.create_index(
        "contract_end_ahead", "contract_end", ["ends_on"], postgresql_where=sa.text("ends_on IS NOT NULL")
    )
    narrow("contract_end", through="customer_ref")
    belong_to_customers("contract_end")
