"""Standing rules that make reminders: after events, and after silence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reminder_rule",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("days", sa.Integer),
        sa.Column("tier_days", postgresql.JSONB, nullable=False),
        sa.Column("at", sa.Text),
        sa.Column("timezone", sa.Text),
        sa.Column("assignee", sa.Text, nullable=False),
        sa.Column("assignee_id", sa.Uuid),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("channels", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("only_if", postgresql.JSONB, nullable=False),
        sa.Column("escalate_after_minutes", sa.Integer),
        sa.Column("escalate_to_id", sa.Uuid),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("assignee IN ('owner', 'person', 'named')", name="reminder_rule_assignee"),
        sa.CheckConstraint("(assignee = 'named') = (assignee_id IS NOT NULL)", name="reminder_rule_named"),
        sa.CheckConstraint("(event = 'contact.none') = (days IS NULL)", name="reminder_rule_days"),
    )
    op.create_index(
        "reminder_rule_in_force", "reminder_rule", ["event"], postgresql_where=sa.text("active")
    )
    op.create_index("reminder_rule_by_name", "reminder_rule", ["name", "id"])
    op.create_index("reminder_rule_by_creation", "reminder_rule", ["created_at", "id"])
    op.add_column("reminder", sa.Column("rule_id", sa.Uuid))
    op.create_index(
        "reminder_of_rule", "reminder", ["rule_id"], postgresql_where=sa.text("rule_id IS NOT NULL")
    )
