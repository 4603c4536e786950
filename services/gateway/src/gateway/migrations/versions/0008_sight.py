"""Row security on the tables that every service has."""

from shared.migrations import sight_v1

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    sight_v1.upgrade()
