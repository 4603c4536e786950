"""What becomes of customers that are there, and templates of imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0016"
down_revision = "0015"

_MOMENT = sa.DateTime(timezone=True)
_POLICIES = "policy in ('skip', 'update', 'new')"


def upgrade() -> None:
    op.add_column("data_import", sa.Column("policy", sa.String, nullable=False, server_default="skip"))
    op.add_column("data_import", sa.Column("changed", sa.Integer, nullable=False, server_default="0"))
    for name in ("policy", "changed"):
        op.alter_column("data_import", name, server_default=None)
    op.create_check_constraint("data_import_policy", "data_import", _POLICIES)
    _templates()


def _templates() -> None:
    op.create_table(
        "import_template",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("mapping", postgresql.JSONB, nullable=True),
        sa.Column("encoding", sa.String, nullable=True),
        sa.Column("sheet", sa.String, nullable=True),
        sa.Column("timezone", sa.String, nullable=False),
        sa.Column("policy", sa.String, nullable=False),
        sa.Column("scope_ids", postgresql.ARRAY(sa.Uuid), nullable=True),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "entity in ('customers', 'orders', 'contacts', 'distributors')", name="import_template_entity"
        ),
        sa.CheckConstraint(_POLICIES, name="import_template_policy"),
    )
    op.create_index("import_template_name", "import_template", ["created_by", "name"], unique=True)
    op.create_index("import_template_by_name", "import_template", ["name", "id"])
    op.create_index("import_template_by_created", "import_template", ["created_at", "id"])
    narrow("import_template", distributors="scope_ids", held=("created_by",))
