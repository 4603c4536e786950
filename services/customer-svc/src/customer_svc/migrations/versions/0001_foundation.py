"""Channels, distributors, customers with history, contacts, identities and orders."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import v1
from shared.migrations.row_security import secure

revision = "0001"
down_revision = None

_SEED = UUID("5d1c0f0e-6a57-4c0b-9d5e-0d6a3c1b7a10")
_SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_CHANNELS = (
    ("online_shop", "网上商城 Online shop", "online_shop"),
    ("tmall", "天猫 Tmall", "online_shop"),
    ("jd", "京东 JD.com", "online_shop"),
    ("store", "门店 Store", "store"),
    ("wechat", "微信 WeChat", "social"),
    ("wecom", "企业微信 WeCom", "social"),
    ("douyin", "抖音 Douyin", "social"),
    ("exhibition", "展会 Exhibition", "exhibition"),
    ("distributor", "经销商 Distributor", "distributor"),
    ("sales_team", "销售团队 Sales team", "sales_team"),
    ("other", "其他 Other", "other"),
)


def upgrade() -> None:
    v1.upgrade()
    _channels()
    _distributors()
    _customers()
    _contacts()
    _identities()
    _orders()
    _moves()
    secure("customer", "customer_change", "contact", "customer_identity", "sales_order", "sales_order_line")


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _id() -> sa.Column:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String, nullable=True) for name in names]


def _versioned() -> list[sa.Column]:
    return [sa.Column("version", sa.Integer, nullable=False), _moment("created_at"), _moment("updated_at")]


def _channels() -> None:
    channel = op.create_table(
        "channel",
        _id(),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        *_versioned(),
        sa.CheckConstraint(
            "kind in ('online_shop', 'store', 'social', 'exhibition', 'distributor', 'sales_team', 'other')",
            name="channel_kind",
        ),
    )
    op.create_index("channel_by_created", "channel", ["created_at", "id"])
    op.create_index("channel_by_name", "channel", ["name", "id"])
    rows = [
        {
            "id": uuid5(_SEED, code),
            "code": code,
            "name": name,
            "kind": kind,
            "confirmed": True,
            "version": 1,
            "created_at": _SEEDED_AT,
            "updated_at": _SEEDED_AT,
        }
        for code, name, kind in _CHANNELS
    ]
    op.bulk_insert(channel, rows)


def _distributors() -> None:
    op.create_table(
        "distributor",
        _id(),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        *_texts("classification", "level", "region"),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("distributor.id"), nullable=True),
        *_texts("contact_name", "contact_phone", "contact_email", "address"),
        *_versioned(),
        sa.CheckConstraint(
            "status in ('prospect', 'onboarding', 'active', 'suspended', 'ended')", name="distributor_status"
        ),
        sa.CheckConstraint("parent_id <> id", name="distributor_not_own_parent"),
    )
    op.create_index("distributor_by_created", "distributor", ["created_at", "id"])
    op.create_index("distributor_by_name", "distributor", ["name", "id"])
    op.create_index("ix_distributor_parent_id", "distributor", ["parent_id"])


def _customers() -> None:
    op.create_table(
        "customer",
        _id(),
        *_texts("code"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String(collation="C"), nullable=False),
        sa.Column("name_grams", postgresql.ARRAY(sa.String), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        *_texts("phone", "email", "industry", "size", "region", "address", "website", "channel"),
        sa.Column("distributor_id", sa.Uuid, sa.ForeignKey("distributor.id"), nullable=True),
        sa.Column("owner_id", sa.Uuid, nullable=True),
        sa.Column("org_unit_id", sa.Uuid, nullable=True),
        sa.Column("birthday", postgresql.JSONB, nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.String), nullable=False),
        sa.Column("preferences", postgresql.JSONB, nullable=False),
        sa.Column("attributes", postgresql.JSONB, nullable=False),
        *_versioned(),
        sa.CheckConstraint("kind in ('organisation', 'person')", name="customer_kind"),
        sa.CheckConstraint("status in ('active', 'archived')", name="customer_status"),
    )
    op.create_index(
        "customer_code",
        "customer",
        ["code", "distributor_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("code IS NOT NULL"),
    )
    op.create_index("customer_by_created", "customer", ["created_at", "id"])
    op.create_index("customer_by_updated", "customer", ["updated_at", "id"])
    op.create_index("customer_by_name", "customer", ["name_key", "id"])
    op.create_index("customer_of_distributor", "customer", ["distributor_id", "created_at", "id"])
    op.create_index("customer_of_owner", "customer", ["owner_id", "created_at", "id"])
    op.create_index("customer_name_grams", "customer", ["name_grams"], postgresql_using="gin")
    op.create_index("customer_tags", "customer", ["tags"], postgresql_using="gin")
    op.create_table(
        "customer_change",
        _id(),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("old", postgresql.JSONB, nullable=True),
        sa.Column("new", postgresql.JSONB, nullable=True),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        _moment("changed_at"),
    )
    op.create_index("customer_change_of_customer", "customer_change", ["customer_id", "changed_at", "id"])


def _contacts() -> None:
    op.create_table(
        "contact",
        _id(),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("name", sa.String, nullable=False),
        *_texts("post", "phone", "email", "role"),
        *_versioned(),
        sa.CheckConstraint(
            "role in ('decider', 'influencer', 'user', 'gatekeeper', 'payer')", name="contact_role"
        ),
    )
    op.create_index("contact_of_customer", "contact", ["customer_id", "created_at", "id"])


def _identities() -> None:
    op.create_table(
        "customer_identity",
        _id(),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("external_id", sa.String, nullable=False),
        sa.Column(
            "customer_id",
            sa.Uuid,
            sa.ForeignKey("customer.id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("strength", sa.String, nullable=False),
        *_texts("source"),
        sa.Column("verified", sa.Boolean, nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("strength in ('strong', 'weak')", name="customer_identity_strength"),
    )
    op.create_index("customer_identity_key", "customer_identity", ["channel", "external_id"], unique=True)
    op.create_index("customer_identity_of_customer", "customer_identity", ["customer_id", "created_at", "id"])


def _orders() -> None:
    op.create_table(
        "sales_order",
        _id(),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("order_no", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        *_texts("return_of"),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), nullable=False),
        sa.Column("distributor_id", sa.Uuid, sa.ForeignKey("distributor.id"), nullable=True),
        _moment("ordered_at"),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("kind in ('sale', 'return')", name="sales_order_kind"),
        sa.CheckConstraint("amount_minor >= 0", name="sales_order_amount"),
    )
    op.create_index("sales_order_key", "sales_order", ["channel", "order_no"], unique=True)
    op.create_index("sales_order_by_time", "sales_order", ["ordered_at", "id"])
    op.create_index("sales_order_of_customer", "sales_order", ["customer_id", "ordered_at", "id"])
    op.create_index("sales_order_of_distributor", "sales_order", ["distributor_id", "ordered_at", "id"])
    op.create_table(
        "sales_order_line",
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("sales_order.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        *_texts("sku", "name", "category"),
        sa.Column("quantity", sa.Numeric(18, 3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=True),
    )


def _moves() -> None:
    """A customer that moves to another distributor takes its contacts, identities and history along."""
    op.execute(
        """
        CREATE FUNCTION customer_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE contact SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE customer_identity SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE customer_change SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER customer_moved AFTER UPDATE OF distributor_id ON customer FOR EACH ROW
        WHEN (OLD.distributor_id IS DISTINCT FROM NEW.distributor_id) EXECUTE FUNCTION customer_moved()
        """
    )
