"""What imports did, their undoing, and what stays then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0021"
down_revision = "0020"

_MOMENT = sa.DateTime(timezone=True)
_IDS = postgresql.ARRAY(sa.Uuid)
_KINDS = "kind in ('customer', 'order', 'contact', 'distributor', 'identity', 'part')"


def upgrade() -> None:
    op.create_table(
        "import_effect",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("record_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.CheckConstraint(_KINDS, name="import_effect_kind"),
    )
    op.create_table(
        "import_undo",
        _import_id(primary_key=True),
        sa.Column("operation_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("total", "done", "undone", "kept")),
        sa.Column("position", sa.Uuid, nullable=True),
        sa.Column("scope_ids", _IDS, nullable=True),
        sa.Column("holder_ids", _IDS, nullable=True),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("undone_at", _MOMENT, nullable=True),
    )
    op.create_table(
        "import_kept_record",
        sa.Column("id", sa.Uuid, primary_key=True),
        _import_id(nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("record_id", sa.Uuid, nullable=False),
        sa.Column("field", sa.String, nullable=True),
        sa.Column("code", sa.String, nullable=False),
    )
    op.create_index("import_kept_record_by_line", "import_kept_record", ["import_id", "line", "id"])
    for table in ("import_effect", "import_undo", "import_kept_record"):
        narrow(table, distributor=None, through="data_import", by="import_id")


def _import_id(**told: bool) -> "sa.Column[sa.Uuid]":
    return sa.Column("import_id", sa.Uuid, sa.ForeignKey("data_import.id", ondelete="CASCADE"), **told)
