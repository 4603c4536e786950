"""Merged customers, as in every service."""

from shared.migrations import merging_v1

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    merging_v1.upgrade()
