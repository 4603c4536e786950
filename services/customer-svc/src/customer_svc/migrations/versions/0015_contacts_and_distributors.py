"""Imports of contacts and distributors."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.drop_constraint("data_import_entity", "data_import")
    op.create_check_constraint(
        "data_import_entity", "data_import", "entity in ('customers', 'orders', 'contacts', 'distributors')"
    )
