"""Reminders of a customer that was merged are kept by the one that it is now."""

from shared.migrations.merging import keep_with_root

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    keep_with_root("customer_ref", "reminder", within={"inbox_item": ("reminder", "about_id")})
