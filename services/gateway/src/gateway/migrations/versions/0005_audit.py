"""The audit."""

from shared.migrations import audit_v1

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    audit_v1.upgrade()
