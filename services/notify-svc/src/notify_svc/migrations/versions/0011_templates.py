"""Templates of messages, and their versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "message_template",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=True),
        sa.Column("published", sa.Integer, nullable=True),
        sa.Column("latest", sa.Integer, nullable=False),
        sa.Column("shipped", sa.Text, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("name", name="message_template_name"),
    )
    op.create_table(
        "message_template_version",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("template_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("variables", postgresql.JSONB, nullable=False),
        sa.Column("texts", postgresql.JSONB, nullable=False),
        sa.Column("compiled", postgresql.JSONB, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["message_template.id"], name="message_template_version_of", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("template_id", "number", name="message_template_version_number"),
    )
