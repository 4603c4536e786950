"""The keys of partners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text)


def upgrade() -> None:
    """Create `api_key`."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("distributor_id", sa.Uuid, nullable=False),
        sa.Column("scopes", _TEXTS, nullable=False),
        sa.Column("networks", _TEXTS, nullable=False),
        sa.Column("masked_fields", _TEXTS, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary),
        sa.Column("previous_until", _MOMENT),
        sa.Column("expires_at", _MOMENT),
        sa.Column("last_used_at", _MOMENT),
        sa.Column("rotated_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
        sa.Column("revoked_by", sa.Uuid),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("granted_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("environment in ('live', 'test')", name="api_key_environment"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="api_key_scopes"),
        sa.CheckConstraint("(previous_hash is null) = (previous_until is null)", name="api_key_previous"),
        sa.CheckConstraint("(revoked_at is null) = (revoked_by is null)", name="api_key_revoked"),
    )
    op.create_index("api_key_key_id_once", "api_key", ["key_id"], unique=True)
    op.create_index("api_key_created", "api_key", ["created_at", "id"])
    op.create_index("api_key_distributor", "api_key", ["distributor_id", "created_at", "id"])
    narrow("api_key")
