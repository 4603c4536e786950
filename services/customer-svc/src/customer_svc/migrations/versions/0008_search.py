"""Customers are found by keyed pieces, and sorted as they are read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "customer_piece",
        sa.Column(
            "customer_id", sa.Uuid, sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("rules", sa.SmallInteger, nullable=False),
        sa.Column("pieces", postgresql.ARRAY(sa.Integer), nullable=False),
    )
    op.create_index(
        "customer_piece_pieces",
        "customer_piece",
        ["pieces"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.execute("ALTER TABLE customer_piece ALTER pieces SET STATISTICS 1000")
    # Until a worker has read them (job customers.indexing) old names are sorted by how they are written.
    op.add_column("customer", sa.Column("name_pinyin", sa.String(collation="C"), nullable=True))
    op.execute("UPDATE customer SET name_pinyin = name_key")
    op.alter_column("customer", "name_pinyin", nullable=False)
    op.drop_index("customer_by_name", "customer")
    op.drop_index("customer_name_grams", "customer")
    op.drop_column("customer", "name_grams")
    op.create_index("customer_by_pinyin", "customer", ["name_pinyin", "id"])
