"""Every table that a service shares in kind with the others, called by each service's first migration."""

from shared.migrations import http_v1, jobs_v1, messaging_v1


def upgrade() -> None:
    """Create them all."""
    messaging_v1.upgrade()
    jobs_v1.upgrade()
    http_v1.upgrade()
