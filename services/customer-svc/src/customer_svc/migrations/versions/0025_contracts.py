"""Contracts with customers, and the history of their fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import go_with_customers
from shared.migrations.sight import narrow

revision = "0025"
down_revision = "0024"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _contracts()
    _changes()
    narrow("contract", held=("owner_id",), through="customer")
    narrow("contract_change", distributor=None, through="contract", by="contract_id")
    go_with_customers("contract", known="customer", within={"contract_change": ("contract", "contract_id")})


def _contracts() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("origin_id", sa.Uuid, nullable=True),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("owner_id", sa.Uuid, nullable=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("kind", "number", "title", "status")),
        *(sa.Column(name, sa.Date, nullable=True) for name in ("starts_on", "ends_on")),
        sa.Column("amount_minor", sa.BigInteger, nullable=True),
        sa.Column("currency", sa.String, nullable=True),
        sa.Column("renewal_of", sa.Uuid, sa.ForeignKey("contract.id"), nullable=True),
        sa.Column("note", sa.String, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("kind in ('sales', 'service', 'confidentiality')", name="contract_kind"),
        sa.CheckConstraint("status in ('draft', 'active', 'ended', 'terminated')", name="contract_status"),
        sa.CheckConstraint("ends_on >= starts_on", name="contract_term"),
        sa.CheckConstraint("status = 'draft' OR starts_on IS NOT NULL", name="contract_start"),
        sa.CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="contract_amount"),
        sa.CheckConstraint(
            "(status IN ('ended', 'terminated')) = (closed_at IS NOT NULL)", name="contract_closed"
        ),
    )
    op.create_index(
        "contract_number",
        "contract",
        ["number", "distributor_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("contract_of_customer", "contract", ["customer_id", "created_at", "id"])
    for name, columns, where in (
        ("contract_of_owner", ["owner_id", "created_at", "id"], "owner_id IS NOT NULL"),
        ("contract_of_origin", ["origin_id"], "origin_id IS NOT NULL"),
        ("contract_renewed", ["renewal_of"], "renewal_of IS NOT NULL"),
    ):
        op.create_index(name, "contract", columns, postgresql_where=sa.text(where))
    op.create_index("contract_by_end", "contract", ["ends_on", "id"])
    op.create_index("contract_by_creation", "contract", ["created_at", "id"])


def _changes() -> None:
    op.create_table(
        "contract_change",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("contract_id", sa.Uuid, sa.ForeignKey("contract.id", ondelete="CASCADE"), nullable=False),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("old", postgresql.JSONB, nullable=True),
        sa.Column("new", postgresql.JSONB, nullable=True),
        sa.Column("changed_by", sa.Uuid, nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
    op.create_index("contract_change_of_contract", "contract_change", ["contract_id", "changed_at", "id"])
    op.create_index("contract_change_of_customer", "contract_change", ["customer_id"])
