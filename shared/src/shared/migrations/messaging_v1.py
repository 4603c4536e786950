"""Outbox, inbox, retries and dead letters, first version."""

import sqlalchemy as sa
from alembic import op

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the four tables."""
    _outbox()
    _inbox()
    _inbox_retry()
    _dead_letter()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("aggregate_id", sa.Uuid, nullable=False),
        sa.Column("aggregate_version", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("published_at", _MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("last_error", sa.Text),
        sa.UniqueConstraint("aggregate_id", "aggregate_version", "type", name="outbox_fact_key"),
    )
    op.create_index(
        "outbox_unpublished_idx", "outbox", ["seq"], postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_index("outbox_published_idx", "outbox", ["published_at"], postgresql_using="brin")


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("received_at", _MOMENT, nullable=False),
    )
    op.create_index("inbox_received_idx", "inbox", ["received_at"], postgresql_using="brin")


def _inbox_retry() -> None:
    op.create_table(
        "inbox_retry",
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("retry_at", _MOMENT, nullable=False),
        sa.Column("error_class", sa.Text),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
    )
    op.create_index("inbox_retry_due_idx", "inbox_retry", ["consumer", "retry_at"])


def _dead_letter() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("error_class", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("replayed_at", _MOMENT),
        sa.UniqueConstraint("consumer", "event_id", name="dead_letter_event_key"),
    )
    op.create_index("dead_letter_last_idx", "dead_letter", ["last_at", "id"])
