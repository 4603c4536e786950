"""Senders, and messages with their attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow, set_apart

revision = "0012"
down_revision = "0011"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _senders()
    _messages()
    _attempts()
    op.create_table(
        "suppressed_address",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    narrow("message", through="customer_ref")
    narrow("message_attempt", distributor=None, through="message", by="message_id")
    belong_to_customers("message")
    set_apart("suppressed_address")


def _senders() -> None:
    op.create_table(
        "message_sender",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "kind", "channel")),
        sa.Column("config", postgresql.JSONB, nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.Column("per_minute", sa.Integer, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('smtp', 'webhook', 'wecom_robot', 'wecom_app', 'dingtalk_robot', 'feishu_robot', "
            "'sms_aliyun', 'sms_tencent')",
            name="message_sender_kind",
        ),
        sa.CheckConstraint("per_minute BETWEEN 1 AND 6000", name="message_sender_per_minute"),
        sa.UniqueConstraint("name", name="message_sender_name"),
    )
    op.create_index("message_sender_of_channel", "message_sender", ["channel", "created_at"])
    op.create_table(
        "message_sender_lane",
        sa.Column("sender_id", sa.Uuid, primary_key=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("rest_until", _MOMENT, nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["message_sender.id"], name="message_sender_lane_of", ondelete="CASCADE"
        ),
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient_kind", sa.Text, nullable=True),
        sa.Column("recipient_id", sa.Uuid, nullable=True),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("template_version", sa.Integer, nullable=True),
        sa.Column("variables", postgresql.JSONB, nullable=False),
        *(sa.Column(name, sa.Uuid, nullable=True) for name in ("customer_id", "origin_id", "distributor_id")),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("dedup_key", sa.Text, nullable=False),
        sa.Column("sender_id", sa.Uuid, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("not_before", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("address_hash", sa.LargeBinary, nullable=True),
        sa.Column("provider_id", sa.Text, nullable=True),
        sa.Column("digest_id", sa.Uuid, nullable=True),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('transactional', 'service', 'care', 'marketing', 'survey', 'internal')",
            name="message_purpose",
        ),
        sa.CheckConstraint("source IN ('reminder', 'care', 'playbook', 'test', 'api')", name="message_source"),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'digested', 'blocked', 'failed', 'bounced', 'expired', 'cancelled')",
            name="message_state",
        ),
        sa.CheckConstraint("num_nonnulls(recipient_kind, recipient_id) <> 1", name="message_recipient"),
        sa.UniqueConstraint("dedup_key", name="message_once"),
    )
    pending = sa.text("state = 'pending'")
    op.create_index("message_due", "message", ["sender_id", "not_before"], postgresql_where=pending)
    op.create_index("message_of_customer", "message", ["customer_id", "created_at", "id"])
    op.create_index(
        "message_of_origin", "message", ["origin_id"], postgresql_where=sa.text("origin_id IS NOT NULL")
    )
    op.create_index("message_of_source", "message", ["source", "source_id"])
    op.create_index("message_by_creation", "message", ["created_at", "id"])


def _attempts() -> None:
    op.create_table(
        "message_attempt",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sender_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("provider_id", sa.Text, nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="message_attempt_of", ondelete="CASCADE"),
        sa.CheckConstraint("outcome IN ('sent', 'later', 'refused')", name="message_attempt_outcome"),
    )
    op.create_index("message_attempt_of_message", "message_attempt", ["message_id", "number"])
    op.create_index("message_attempt_of_sender", "message_attempt", ["sender_id", "at"])
