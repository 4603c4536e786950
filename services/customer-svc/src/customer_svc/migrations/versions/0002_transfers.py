"""Imports of files, their faults, and what previews foresee."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _imports()
    _faults()
    _foreseen()


def _imports() -> None:
    op.create_table(
        "data_import",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("mapping", postgresql.JSONB, nullable=True),
        sa.Column("timezone", sa.String, nullable=False),
        sa.Column("upload_id", sa.Uuid, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("scope_ids", postgresql.ARRAY(sa.Uuid), nullable=True),
        sa.Column("encoding", sa.String, nullable=True),
        sa.Column("separator", sa.String, nullable=True),
        sa.Column("total", sa.Integer, nullable=True),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("done", "created", "unchanged", "duplicate", "failed", "faults")
        ),
        sa.Column("outcome", sa.String, nullable=True),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("entity in ('customers', 'orders')", name="data_import_entity"),
        sa.CheckConstraint("outcome in ('succeeded', 'failed', 'cancelled')", name="data_import_outcome"),
    )
    op.create_index("data_import_by_created", "data_import", ["created_at", "id"])
    op.create_index("data_import_of_creator", "data_import", ["created_by", "created_at", "id"])


def _faults() -> None:
    op.create_table(
        "import_fault",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("data_import.id", ondelete="CASCADE"), nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("column", sa.String, nullable=True),
        sa.Column("field", sa.String, nullable=True),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("reason_zh", sa.String, nullable=False),
        sa.CheckConstraint(
            "kind in ('empty', 'number', 'time', 'text', 'unreadable', 'row')", name="import_fault_kind"
        ),
    )
    op.create_index("import_fault_by_line", "import_fault", ["import_id", "line", "id"])


def _foreseen() -> None:
    op.create_table(
        "import_foreseen",
        sa.Column(
            "import_id", sa.Uuid, sa.ForeignKey("data_import.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("row", postgresql.JSONB, nullable=False),
    )
