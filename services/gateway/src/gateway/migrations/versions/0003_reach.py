"""The trees of distributors and org units, as far as the gateway needs them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create `distributor_ref` and `org_unit_ref`."""
    for name in ("distributor_ref", "org_unit_ref"):
        op.create_table(
            name,
            sa.Column("id", sa.Uuid, primary_key=True),
            sa.Column("parent_id", sa.Uuid, nullable=True),
            sa.Column("status", sa.String, nullable=False),
            sa.Column("version", sa.Integer, nullable=False),
        )
        op.create_index(f"ix_{name}_parent_id", name, ["parent_id"])
