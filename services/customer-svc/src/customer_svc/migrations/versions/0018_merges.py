"""Customers merged into others, and the merges themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.merging import keep_with_root
from shared.migrations.sight import narrow

revision = "0018"
down_revision = "0017"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _customers()
    _merges()
    keep_with_root(
        "customer",
        "contact",
        "customer_identity",
        apart=("sales_order", "customer_merge"),
        within={"contact_change": ("contact", "contact_id")},
        joining=False,
    )
    narrow("customer_merge", distributor=None, through="customer")
    op.create_index(
        "customer_ref_merged", "customer_ref", ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )


def _customers() -> None:
    op.add_column(
        "customer", sa.Column("merged_into", sa.Uuid, sa.ForeignKey("customer.id"), nullable=True)
    )
    op.drop_constraint("customer_status", "customer")
    op.create_check_constraint("customer_status", "customer", "status in ('active', 'archived', 'merged')")
    op.create_check_constraint(
        "customer_merged_into", "customer", "(status = 'merged') = (merged_into IS NOT NULL)"
    )


def _merges() -> None:
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kept_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("absorbed_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("changes", postgresql.JSONB, nullable=False),
        sa.Column("former", postgresql.JSONB, nullable=False),
        sa.Column("primary_contact_id", sa.Uuid, nullable=True),
        sa.Column("moved", postgresql.JSONB, nullable=False),
        sa.Column("merged_by", sa.Uuid, nullable=False),
        sa.Column("merged_at", _MOMENT, nullable=False),
        sa.Column("undone_by", sa.Uuid, nullable=True),
        sa.Column("undone_at", _MOMENT, nullable=True),
        sa.CheckConstraint("status in ('merged', 'undone')", name="customer_merge_status"),
        sa.CheckConstraint(
            "(status = 'undone') = (undone_at IS NOT NULL)", name="customer_merge_undone"
        ),
    )
    op.create_index("customer_merge_by_time", "customer_merge", ["merged_at", "id"])
    op.create_index("customer_merge_of_customer", "customer_merge", ["customer_id"])
    op.create_index("customer_merge_of_kept", "customer_merge", ["kept_id"])
    op.create_index(
        "customer_merge_of_absorbed",
        "customer_merge",
        ["absorbed_id"],
        unique=True,
        postgresql_where=sa.text("status = 'merged'"),
    )
