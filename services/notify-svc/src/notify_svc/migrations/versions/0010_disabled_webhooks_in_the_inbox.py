"""The inbox tells of webhooks that were disabled."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_constraint("inbox_item_kind", "inbox_item")
    op.create_check_constraint(
        "inbox_item_kind",
        "inbox_item",
        "kind IN ('reminder.due', 'reminder.missed', 'reminder.delegated', 'reminder.escalated', "
        "'reminder.digest', 'webhook.disabled')",
    )
