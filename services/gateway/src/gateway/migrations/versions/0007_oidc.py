"""Accounts at another house that lead to accounts here, and sign-ins there that are over."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create `oidc_link` and `oidc_spent`."""
    op.create_table(
        "oidc_link",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("oidc_link_person", "oidc_link", ["staff_id", "issuer"], unique=True)
    op.create_table(
        "oidc_spent",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("spent_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_oidc_spent_spent_at", "oidc_spent", ["spent_at"])
