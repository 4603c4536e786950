"""Staff accounts, their sessions and refresh tokens, the sign-in guard, and the keys that sign."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import v1

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create every table of the first version."""
    v1.upgrade()
    _signing_key()
    _staff()
    _session()
    _refresh_token()
    _sign_in_guard()


def _signing_key() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("public_key", postgresql.JSONB, nullable=False),
        sa.Column("private_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("retires_at", _MOMENT),
        sa.CheckConstraint("purpose in ('access', 'internal')", name="signing_key_purpose"),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("org_unit_id", sa.Uuid),
        sa.Column("data_scope", sa.Text, nullable=False),
        sa.Column("signed_out_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status in ('active', 'disabled')", name="staff_status"),
        sa.CheckConstraint("data_scope in ('own', 'unit', 'all')", name="staff_data_scope"),
        sa.CheckConstraint(
            "roles <@ array['admin', 'manager', 'sales', 'service', 'analyst']::text[] and cardinality(roles) > 0",
            name="staff_roles",
        ),
        sa.CheckConstraint("username = lower(username)", name="staff_username_lower"),
    )
    op.create_index("staff_username_once", "staff", ["username"], unique=True)
    op.create_index("staff_created", "staff", ["created_at", "id"])


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("staff_id", sa.Uuid, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.Column("revoked_for", sa.Text),
    )
    op.create_index("session_staff", "session", ["staff_id"])
    op.create_index("session_expires", "session", ["expires_at"])


def _refresh_token() -> None:
    op.create_table(
        "refresh_token",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
    )
    op.create_index("refresh_token_session", "refresh_token", ["session_id"])


def _sign_in_guard() -> None:
    op.create_table(
        "sign_in_guard",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("failed_count", sa.Integer, nullable=False),
        sa.Column("last_failed_at", _MOMENT, nullable=False),
        sa.Column("locked_until", _MOMENT),
    )
    op.create_index("sign_in_guard_last", "sign_in_guard", ["last_failed_at"])
