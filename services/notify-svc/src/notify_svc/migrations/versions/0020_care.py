"""Care rules, of which some come with Tonglu and wait to be switched on; and on what occasions they acted."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0020"
down_revision = "0018"

_MOMENT = sa.DateTime(timezone=True)
_SOURCES = "'manual', 'churn', 'complaint', 'sla', 'escalation', 'watch', 'rule', 'playbook', 'care'"
_KINDS = (
    "'reminder.due', 'reminder.missed', 'reminder.delegated', 'reminder.escalated', 'reminder.digest', "
    "'webhook.disabled', 'care.missed'"
)
_GREETING = {"channels": ["email", "sms"], "template": "care.feast"}
_CALL = {"assignee": "owner", "assignee_id": None, "subject": None, "note": None, "channels": ["inbox"]}
_SHIPPED: tuple[dict[str, Any], ...] = (
    {
        "name": "生日祝福 Birthday greeting",
        "occasion": {"kind": "birthday"},
        "audience": ["customer", "contact"],
        "message": {**_GREETING, "template": "care.birthday"},
    },
    {
        "name": "核心客户生日提醒 Birthdays of core customers",
        "occasion": {"kind": "birthday"},
        "audience": ["customer", "contact"],
        "days_before": 3,
        "only_if": {"tiers": ["core"]},
        "reminder": _CALL,
    },
    {
        "name": "春节祝福 Chinese New Year",
        "occasion": {"kind": "feast", "feast": "spring_festival"},
        "message": _GREETING,
    },
    {
        "name": "端午祝福 Dragon Boat Festival",
        "occasion": {"kind": "feast", "feast": "dragon_boat"},
        "message": _GREETING,
    },
    {
        "name": "中秋祝福 Mid-Autumn Festival",
        "occasion": {"kind": "feast", "feast": "mid_autumn"},
        "message": _GREETING,
    },
)


def upgrade() -> None:
    rules = _rules()
    _occasions()
    op.drop_constraint("reminder_source", "reminder")
    op.create_check_constraint("reminder_source", "reminder", f"source IN ({_SOURCES})")
    op.drop_constraint("inbox_item_kind", "inbox_item")
    op.create_check_constraint("inbox_item_kind", "inbox_item", f"kind IN ({_KINDS})")
    _ship(rules)


def _rules() -> sa.Table:
    table = op.create_table(
        "care_rule",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("occasion", postgresql.JSONB, nullable=False),
        sa.Column("audience", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("days_before", sa.Integer, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text),
        sa.Column("only_if", postgresql.JSONB, nullable=False),
        sa.Column("message", postgresql.JSONB(none_as_null=True)),
        sa.Column("reminder", postgresql.JSONB(none_as_null=True)),
        sa.Column("looked_until", _MOMENT),
        sa.Column("shipped", sa.Text),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("days_before BETWEEN 0 AND 60", name="care_rule_days"),
        sa.CheckConstraint("num_nonnulls(message, reminder) > 0", name="care_rule_acts"),
        sa.CheckConstraint("active = (looked_until IS NOT NULL)", name="care_rule_looks"),
    )
    op.create_index("care_rule_by_name", "care_rule", ["name", "id"])
    op.create_index("care_rule_by_creation", "care_rule", ["created_at", "id"])
    return table


def _occasions() -> None:
    op.create_table(
        "care_occasion",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("rule_id", sa.Uuid, nullable=False),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("person_kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_id", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("person_id", "occasion", "year", "action", name="care_occasion_once"),
        sa.CheckConstraint("person_kind IN ('customer', 'contact')", name="care_occasion_person"),
        sa.CheckConstraint("action IN ('message', 'reminder')", name="care_occasion_action"),
        sa.CheckConstraint("state = 'done' OR made_id IS NULL", name="care_occasion_made"),
        sa.CheckConstraint("state IN ('done', 'missed')", name="care_occasion_state"),
    )
    op.create_index("care_occasion_by_creation", "care_occasion", ["created_at", "id"])
    op.create_index("care_occasion_of_customer", "care_occasion", ["customer_id", "created_at", "id"])
    op.create_index("care_occasion_of_rule", "care_occasion", ["rule_id", "created_at", "id"])
    op.create_index(
        "care_occasion_of_origin",
        "care_occasion",
        ["origin_id"],
        postgresql_where=sa.text("origin_id IS NOT NULL"),
    )
    narrow("care_occasion", through="customer_ref")
    belong_to_customers("care_occasion")


def _ship(rules: sa.Table) -> None:
    common = {
        "active": False,
        "audience": ["customer"],
        "days_before": 0,
        "at": "09:00",
        "only_if": {},
        "message": None,
        "reminder": None,
        "created_at": sa.func.now(),
        "updated_at": sa.func.now(),
        "version": 1,
    }
    for place, each in enumerate(_SHIPPED, 1):
        row = {**common, **each, "id": uuid5(NAMESPACE_URL, f"tonglu:care:{place}"), "shipped": f"care.{place}"}
        op.execute(rules.insert().values(**row))
