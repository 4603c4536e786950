"""The audit."""

from shared.migrations import audit_v1

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    audit_v1.upgrade()
