"""Interactions come from files and leave as files; another service keeps them."""

from alembic import op

revision = "0023"
down_revision = "0022"

_ENTITIES = "entity in ('customers', 'orders', 'contacts', 'distributors', 'interactions')"
_KINDS = "kind in ('customer', 'order', 'contact', 'distributor', 'interaction', 'identity', 'part')"


def upgrade() -> None:
    for table in ("data_import", "import_template", "data_export"):
        op.drop_constraint(f"{table}_entity", table)
        op.create_check_constraint(f"{table}_entity", table, _ENTITIES)
    op.drop_constraint("import_effect_kind", "import_effect")
    op.create_check_constraint("import_effect_kind", "import_effect", _KINDS)
