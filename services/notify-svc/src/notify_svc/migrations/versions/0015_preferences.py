"""What customers want of us, the company's policy, and what left lately."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0015"
down_revision = "0012"

_MOMENT = sa.DateTime(timezone=True)
_WHOSE = ("customer_id", "origin_id", "distributor_id")
_CONSENT = {"marketing": ["email", "sms", "wecom"], "care": ["sms"], "survey": ["sms"]}


def upgrade() -> None:
    _preferences()
    _ledger()
    _policy()
    for table in ("preference", "consent_record", "contact_ledger"):
        narrow(table, through="customer_ref")
    belong_to_customers("preference", "consent_record", "contact_ledger")


def _whose() -> list[sa.Column]:
    return [sa.Column(name, sa.Uuid, nullable=name != "customer_id") for name in _WHOSE]


def _of(table: str, *columns: str) -> None:
    op.create_index(f"{table}_of_customer", table, list(columns))
    op.create_index(
        f"{table}_of_origin", table, ["origin_id"], postgresql_where=sa.text("origin_id IS NOT NULL")
    )


def _preferences() -> None:
    op.create_table(
        "preference",
        sa.Column("id", sa.Uuid, primary_key=True),
        *_whose(),
        sa.Column("recorded_for", sa.Uuid, nullable=False),
        sa.Column("consents", postgresql.JSONB, nullable=False),
        sa.Column("do_not_contact", postgresql.JSONB, nullable=False),
        sa.Column("quiet_hours", postgresql.JSONB, nullable=True),
        sa.Column("timezone", sa.Text, nullable=True),
        sa.Column("language", sa.Text, nullable=True),
        sa.Column("caps", postgresql.JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("recorded_for", name="preference_of"),
    )
    _of("preference", "customer_id")
    op.create_table(
        "consent_record",
        sa.Column("id", sa.Uuid, primary_key=True),
        *_whose(),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("purpose", "channel", "state", "source")),
        sa.Column("note", sa.Text, nullable=True),
        sa.Column("by_id", sa.Uuid, nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('granted', 'withdrawn')", name="consent_record_state"),
    )
    _of("consent_record", "customer_id", "at", "id")


def _ledger() -> None:
    op.create_table(
        "contact_ledger",
        sa.Column("message_id", sa.Uuid, primary_key=True),
        *_whose(),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('transactional', 'service', 'care', 'marketing', 'survey')",
            name="contact_ledger_purpose",
        ),
        sa.CheckConstraint(
            "channel IN ('email', 'sms', 'wecom', 'dingtalk', 'feishu', 'webhook')",
            name="contact_ledger_channel",
        ),
    )
    _of("contact_ledger", "customer_id", "at")
    op.create_index("contact_ledger_by_time", "contact_ledger", ["at"])


def _policy() -> None:
    op.create_table(
        "contact_policy",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("needs_consent", postgresql.JSONB, nullable=False),
        sa.Column("quiet_hours", postgresql.JSONB, nullable=True),
        sa.Column("send_windows", postgresql.JSONB, nullable=False),
        sa.Column("caps", postgresql.JSONB, nullable=False),
        sa.Column("always", postgresql.JSONB, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name="contact_policy_one"),
    )
    op.execute(
        sa.text(
            "INSERT INTO contact_policy VALUES (1, :consent, :quiet, :windows, :caps, :always, "
            "'Asia/Shanghai', 1, now())"
        ).bindparams(
            sa.bindparam("consent", json.loads(json.dumps(_CONSENT)), type_=postgresql.JSONB),
            sa.bindparam("quiet", {"start": "21:00", "end": "08:00"}, type_=postgresql.JSONB),
            sa.bindparam("windows", {"sms": {"start": "09:00", "end": "20:00"}}, type_=postgresql.JSONB),
            sa.bindparam(
                "caps",
                [{"most": 2, "days": 7, "purpose": "marketing"}, {"most": 2, "days": 1}],
                type_=postgresql.JSONB,
            ),
            sa.bindparam("always", ["transactional"], type_=postgresql.JSONB),
        )
    )
