"""Org units, and who works where; a customer's org unit must exist."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _org_units()
    _staff()
    _customers()


def _org_units() -> None:
    op.create_table(
        "org_unit",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("org_unit.id"), nullable=True),
        sa.Column("manager_id", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("kind in ('team', 'region', 'product_line', 'mixed')", name="org_unit_kind"),
        sa.CheckConstraint("status in ('active', 'closed')", name="org_unit_status"),
        sa.CheckConstraint("parent_id <> id", name="org_unit_not_own_parent"),
    )
    op.create_index("org_unit_by_created", "org_unit", ["created_at", "id"])
    op.create_index("org_unit_by_name", "org_unit", ["name", "id"])
    op.create_index("ix_org_unit_parent_id", "org_unit", ["parent_id"])


def _staff() -> None:
    op.create_table(
        "staff_ref",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("org_unit_id", sa.Uuid, nullable=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_staff_ref_org_unit_id", "staff_ref", ["org_unit_id"])


def _customers() -> None:
    """Not valid: what was entered before there were org units stays; what is written from now on is checked."""
    op.create_foreign_key(
        "customer_org_unit_id_fkey",
        "customer",
        "org_unit",
        ["org_unit_id"],
        ["id"],
        postgresql_not_valid=True,
    )
    op.create_index("customer_of_org_unit", "customer", ["org_unit_id", "created_at", "id"])
