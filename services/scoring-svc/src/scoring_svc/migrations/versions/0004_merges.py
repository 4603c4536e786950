"""Customers merged into others: who they are now, and who holds them."""

from shared.migrations import merging_v1

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    merging_v1.upgrade()
