"""Calendars of working time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calendar",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("org_unit_id", sa.Uuid),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("week", postgresql.JSONB, nullable=False),
        sa.Column("country", sa.Text),
        sa.Column("subdivision", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_index(
        "calendar_of_org_unit", "calendar", ["org_unit_id"], unique=True, postgresql_nulls_not_distinct=True
    )
    op.create_index("calendar_by_name", "calendar", ["name", "id"])
    op.create_table(
        "calendar_day",
        sa.Column("calendar_id", sa.Uuid, sa.ForeignKey("calendar.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("spans", postgresql.JSONB, nullable=False),
        sa.Column("name", sa.Text),
    )
