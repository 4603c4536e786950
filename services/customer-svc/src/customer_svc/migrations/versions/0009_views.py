"""Saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("query", postgresql.JSONB, nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.String), nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("entity in ('customers', 'orders')", name="saved_view_entity"),
    )
    op.create_index("saved_view_name", "saved_view", ["owner_id", "entity", "name"], unique=True)
    op.create_index("saved_view_by_name", "saved_view", ["name", "id"])
    op.create_index("saved_view_by_created", "saved_view", ["created_at", "id"])
