"""Tax number and business scope of customers; closeness, birthday, primacy and history of contacts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _customers()
    _contacts()
    _history()
    _moves()


def _customers() -> None:
    for name in ("tax_number", "business_scope"):
        op.add_column("customer", sa.Column(name, sa.String, nullable=True))
    op.create_index(
        "customer_tax_number",
        "customer",
        ["tax_number", "distributor_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("tax_number IS NOT NULL"),
    )


def _contacts() -> None:
    op.add_column("contact", sa.Column("relation_strength", sa.Integer, nullable=True))
    op.add_column("contact", sa.Column("birthday", postgresql.JSONB, nullable=True))
    op.add_column("contact", sa.Column("is_primary", sa.Boolean, nullable=False, server_default=sa.false()))
    op.alter_column("contact", "is_primary", server_default=None)
    op.create_check_constraint("contact_relation_strength", "contact", "relation_strength between 1 and 5")
    op.create_index(
        "contact_primary", "contact", ["customer_id"], unique=True, postgresql_where=sa.text("is_primary")
    )


def _history() -> None:
    op.create_table(
        "contact_change",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("contact_id", sa.Uuid, sa.ForeignKey("contact.id", ondelete="CASCADE"), nullable=False),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("old", postgresql.JSONB, nullable=True),
        sa.Column("new", postgresql.JSONB, nullable=True),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("contact_change_of_contact", "contact_change", ["contact_id", "changed_at", "id"])
    op.create_index("contact_change_of_customer", "contact_change", ["customer_id"])
    narrow("contact_change", through="customer")


def _moves() -> None:
    """A customer that moves to another distributor takes the history of its contacts along, too."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION customer_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE contact SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE contact_change SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE customer_identity SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE customer_change SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            RETURN NULL;
        END $$
        """
    )
