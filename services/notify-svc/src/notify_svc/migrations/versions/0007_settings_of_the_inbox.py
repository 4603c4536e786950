"""Who works where, how people want to be told, and what waits for the digest of each."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0007"
down_revision = "0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff_ref",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("org_unit_id", sa.Uuid),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_staff_ref_org_unit_id", "staff_ref", ["org_unit_id"])
    op.create_table(
        "inbox_settings",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("digest_at", sa.Time, nullable=False),
        sa.Column("workdays_only", sa.Boolean, nullable=False),
        sa.Column("country", sa.Text),
        sa.Column("next_digest_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("mode IN ('at_once', 'digest')", name="inbox_settings_mode"),
    )
    op.create_index("inbox_settings_next", "inbox_settings", ["next_digest_at"])
    _entries()


def _entries() -> None:
    op.create_table(
        "digest_entry",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("reminder_id", sa.Uuid, primary_key=True),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminder.id"], name="digest_entry_of", ondelete="CASCADE"),
    )
    op.create_index("digest_entry_of_reminder", "digest_entry", ["reminder_id"])
    narrow("digest_entry", distributor=None, through="reminder", by="reminder_id")
    op.create_table(
        "digest_day",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("item_count", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
