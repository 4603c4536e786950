"""Reminders that clocks of complaints ask for."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_constraint("reminder_source", "reminder")
    op.create_check_constraint(
        "reminder_source",
        "reminder",
        "source IN ('manual', 'churn', 'complaint', 'sla', 'escalation', 'watch')",
    )
