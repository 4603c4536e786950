"""What kind of name an identity is, and when it was verified."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_KINDS = "('external', 'phone', 'email', 'tax_number', 'unionid', 'nickname')"


def upgrade() -> None:
    op.add_column(
        "customer_identity", sa.Column("kind", sa.String, nullable=False, server_default="external")
    )
    op.add_column("customer_identity", sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint("customer_identity_kind", "customer_identity", f"kind in {_KINDS}")
