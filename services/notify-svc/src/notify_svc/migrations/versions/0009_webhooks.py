"""Webhooks: where events go, what was sent, how sending stands; the tree of distributors and the keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow, set_apart

revision = "0009"
down_revision = "0008"

_MOMENT = sa.DateTime(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text)


def upgrade() -> None:
    _partners()
    _endpoint()
    _lane()
    _event()
    _delivery()
    _attempt()
    narrow("webhook_endpoint", held=("created_by",))
    for table in ("webhook_lane", "webhook_delivery"):
        narrow(table, distributor=None, through="webhook_endpoint", by="endpoint_id")
    narrow("webhook_attempt", distributor=None, through="webhook_delivery", by="delivery_id")
    set_apart("webhook_event", adding=True)
    set_apart("partner_key")


def _partners() -> None:
    op.create_table(
        "distributor_ref",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("parent_id", sa.Uuid, index=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "partner_key",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("scopes", _TEXTS),
        sa.Column("expires_at", _MOMENT),
        sa.Column("revoked", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _endpoint() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("event_types", _TEXTS, nullable=False),
        sa.Column("permissions", _TEXTS),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("disabled_at", _MOMENT),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("previous_secret", sa.LargeBinary),
        sa.Column("previous_until", _MOMENT),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("deleted_at", _MOMENT),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("state IN ('enabled', 'disabled')", name="webhook_endpoint_state"),
        sa.CheckConstraint(
            "(state = 'disabled') = (disabled_at IS NOT NULL)"
            " AND (disabled_at IS NULL) = (disabled_reason IS NULL)",
            name="webhook_endpoint_disabled",
        ),
        sa.CheckConstraint(
            "(previous_secret IS NULL) = (previous_until IS NULL)", name="webhook_endpoint_previous"
        ),
        sa.CheckConstraint(
            "num_nonnulls(owner_id, distributor_id, permissions) IN (0, 3)", name="webhook_endpoint_owner"
        ),
    )
    op.create_index("webhook_endpoint_created", "webhook_endpoint", ["created_at", "id"])
    op.create_index("webhook_endpoint_of_key", "webhook_endpoint", ["owner_id", "created_at", "id"])


def _lane() -> None:
    op.create_table(
        "webhook_lane",
        sa.Column("endpoint_id", sa.Uuid, primary_key=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", _MOMENT),
        sa.Column("served_at", _MOMENT),
        sa.Column("rest_until", _MOMENT),
        sa.Column("failing_since", _MOMENT),
        sa.Column("last_success_at", _MOMENT),
        sa.Column("last_failure_at", _MOMENT),
        sa.Column("last_failure_reason", sa.Text),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.Column("failed_attempts", sa.BigInteger, nullable=False),
        sa.Column("replayed_at", _MOMENT),
        sa.Column("replays", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name="webhook_lane_of", ondelete="CASCADE"
        ),
    )


def _event() -> None:
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
    )
    op.create_index("webhook_event_received", "webhook_event", ["received_at"])


def _delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("endpoint_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_reason", sa.Text),
        sa.Column("delivered_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name="webhook_delivery_to", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_event.id"], name="webhook_delivery_of", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'failed', 'skipped')", name="webhook_delivery_state"
        ),
        sa.CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="webhook_delivery_due"),
        sa.UniqueConstraint("event_id", "endpoint_id", name="webhook_delivery_once"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "webhook_delivery_waiting", "webhook_delivery", ["endpoint_id", "due_at"], postgresql_where=waiting
    )
    op.create_index("webhook_delivery_created", "webhook_delivery", ["created_at", "id"])
    op.create_index("webhook_delivery_log", "webhook_delivery", ["endpoint_id", "created_at", "id"])
    op.create_index("webhook_delivery_occurred", "webhook_delivery", ["endpoint_id", "occurred_at", "id"])


def _attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("answer", sa.LargeBinary),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name="webhook_attempt_of", ondelete="CASCADE"
        ),
    )
    op.create_index("webhook_attempt_history", "webhook_attempt", ["delivery_id", "number"])
