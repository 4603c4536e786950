"""What a session was begun with: the kind of program, and the way of signing in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; sessions of before began with a password, in a program that nobody noted."""
    op.add_column("session", sa.Column("program", sa.Text, nullable=False, server_default="other"))
    op.add_column("session", sa.Column("method", sa.Text, nullable=False, server_default="password"))
    op.create_check_constraint("session_method", "session", "method in ('password', 'oidc')")
