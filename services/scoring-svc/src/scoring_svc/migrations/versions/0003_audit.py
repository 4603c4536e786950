"""The audit."""

from shared.migrations import audit_v1

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    audit_v1.upgrade()
