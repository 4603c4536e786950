"""Exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0017"
down_revision = "0016"

_MOMENT = sa.DateTime(timezone=True)
_IDS = postgresql.ARRAY(sa.Uuid)


def upgrade() -> None:
    op.create_table(
        "data_export",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("filters", postgresql.JSONB, nullable=False),
        sa.Column("columns", postgresql.JSONB, nullable=True),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("encoding", sa.String, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=True),
        sa.Column("size", sa.BigInteger, nullable=True),
        sa.Column("upload_id", sa.Uuid, nullable=True),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("scope_ids", _IDS, nullable=True),
        sa.Column("holder_ids", _IDS, nullable=True),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "entity in ('customers', 'orders', 'contacts', 'distributors')", name="data_export_entity"
        ),
        sa.CheckConstraint("format in ('csv', 'xlsx')", name="data_export_format"),
        sa.CheckConstraint("encoding in ('utf-8-bom', 'gb18030')", name="data_export_encoding"),
    )
    op.create_index("data_export_by_created", "data_export", ["created_at", "id"])
    op.create_index("data_export_of_creator", "data_export", ["created_by", "created_at", "id"])
    narrow("data_export", distributors="scope_ids", held=("created_by",))
