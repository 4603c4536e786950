"""Custom fields, and beside the customers the values of those that are unique or indexed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0011"
down_revision = "0010"

_LOCK = 0x6669_656C
_BYTEWISE = sa.String(collation="C")


def upgrade() -> None:
    op.add_column(
        "contact", sa.Column("attributes", postgresql.JSONB, nullable=False, server_default=sa.text("'{}'"))
    )
    op.alter_column("contact", "attributes", server_default=None)
    _fields()
    _values()
    _storing()
    _triggers()
    _moves()


def _fields() -> None:
    op.create_table(
        "custom_field",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("entity", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("names", postgresql.JSONB, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=True),
        sa.Column("options", postgresql.JSONB, nullable=False),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("required", "unique", "indexed")),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.Column("operation_id", sa.Uuid, nullable=True),
        sa.Column("indexed_to", sa.Uuid, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("entity in ('customer', 'contact')", name="custom_field_entity"),
        sa.CheckConstraint(
            "type in ('text', 'number', 'date', 'choice', 'multi_choice', 'reference')",
            name="custom_field_type",
        ),
        sa.CheckConstraint("target in ('customer', 'distributor', 'staff')", name="custom_field_target"),
        sa.CheckConstraint("status in ('active', 'retired')", name="custom_field_status"),
    )
    op.create_index("custom_field_key", "custom_field", ["entity", "key"], unique=True)
    op.create_index("custom_field_by_position", "custom_field", ["position", "id"])
    op.create_index("custom_field_by_created", "custom_field", ["created_at", "id"])


def _values() -> None:
    op.create_table(
        "custom_field_value",
        sa.Column(
            "field_id", sa.Uuid, sa.ForeignKey("custom_field.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customer.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("distributor_id", sa.Uuid, nullable=True),
        sa.Column("value_text", _BYTEWISE, nullable=True),
        sa.Column("value_number", sa.Double, nullable=True),
        sa.Column("value_date", sa.Date, nullable=True),
        sa.Column("unique_key", _BYTEWISE, nullable=True),
    )
    op.create_index(
        "custom_field_value_key",
        "custom_field_value",
        ["field_id", "unique_key", "distributor_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("unique_key IS NOT NULL"),
    )
    for kind in ("text", "number", "date"):
        op.create_index(
            f"custom_field_value_by_{kind}",
            "custom_field_value",
            ["field_id", f"value_{kind}", "customer_id"],
        )
    op.create_index("custom_field_value_of_customer", "custom_field_value", ["customer_id"])
    narrow("custom_field_value", through="customer")


def _storing() -> None:
    """`store_custom_values` brings the values of some customers up to date; the key that is taken, or null.

    What does not fit its type, because it was there before the field was defined, is left out.
    """
    op.execute(
        """
        CREATE FUNCTION store_custom_values(ids uuid[], only_field uuid) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE
            taken text;
        BEGIN
            IF NOT EXISTS (SELECT FROM custom_field WHERE status = 'active' AND ("unique" OR indexed)) THEN
                RETURN NULL;
            END IF;
            DELETE FROM custom_field_value
            WHERE customer_id = ANY (ids) AND (only_field IS NULL OR field_id = only_field);
            WITH wanted AS MATERIALIZED (
                SELECT f.id AS field_id, f.key, c.id AS customer_id, one.place::int AS place, c.distributor_id,
                    CASE WHEN f.type = 'reference' THEN said.words::uuid::text
                        WHEN f.type IN ('text', 'choice', 'multi_choice') THEN said.words END AS value_text,
                    CASE WHEN f.type = 'number' THEN said.words::float8 END AS value_number,
                    CASE WHEN f.type = 'date' THEN said.words::date END AS value_date,
                    CASE WHEN NOT f."unique" THEN NULL
                        WHEN f.type = 'number' THEN trim_scale(said.words::numeric)::text
                        WHEN f.type = 'reference' THEN said.words::uuid::text
                        ELSE said.words END AS unique_key
                FROM customer AS c
                JOIN custom_field AS f ON f.entity = 'customer' AND f.status = 'active'
                    AND (f."unique" OR f.indexed) AND (only_field IS NULL OR f.id = only_field)
                    AND c.attributes ? f.key
                CROSS JOIN LATERAL jsonb_array_elements(
                    CASE WHEN f.type = 'multi_choice' AND jsonb_typeof(c.attributes -> f.key) = 'array'
                        THEN c.attributes -> f.key ELSE jsonb_build_array(c.attributes -> f.key) END
                ) WITH ORDINALITY AS one (value, place)
                CROSS JOIN LATERAL (
                    SELECT one.value #>> '{}' AS words, jsonb_typeof(one.value) AS kind
                ) AS said
                WHERE c.id = ANY (ids) AND CASE f.type
                    WHEN 'number' THEN said.kind = 'number'
                    WHEN 'date' THEN said.kind = 'string' AND said.words ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
                        AND pg_input_is_valid(said.words, 'date')
                    WHEN 'reference' THEN said.kind = 'string' AND pg_input_is_valid(said.words, 'uuid')
                    ELSE said.kind = 'string' AND char_length(said.words) BETWEEN 1 AND 500 END
            ), stored AS (
                INSERT INTO custom_field_value (field_id, customer_id, place, distributor_id,
                    value_text, value_number, value_date, unique_key)
                SELECT field_id, customer_id, place, distributor_id,
                    value_text, value_number, value_date, unique_key
                FROM wanted ORDER BY field_id, unique_key, customer_id
                ON CONFLICT DO NOTHING
                RETURNING field_id, customer_id
            )
            SELECT wanted.key INTO taken FROM wanted WHERE wanted.unique_key IS NOT NULL AND NOT EXISTS (
                SELECT FROM stored
                WHERE stored.field_id = wanted.field_id AND stored.customer_id = wanted.customer_id
            ) LIMIT 1;
            RETURN taken;
        END $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION settle_custom_fields() RETURNS void LANGUAGE sql AS $$
            SELECT pg_advisory_xact_lock({_LOCK})
        $$
        """
    )


def _triggers() -> None:
    """Who writes customers holds the lock until the end; a definition's values are looked for after that."""
    for name, ids in (
        ("entered", "ARRAY(SELECT id FROM fresh WHERE attributes <> '{}')"),
        ("changed", "ARRAY[NEW.id]"),
    ):
        op.execute(
            f"""
            CREATE FUNCTION customer_values_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                taken text;
            BEGIN
                PERFORM pg_advisory_xact_lock_shared({_LOCK});
                taken := store_custom_values({ids}, NULL);
                IF taken IS NOT NULL THEN
                    RAISE EXCEPTION 'the value of a unique field is taken' USING ERRCODE = 'unique_violation',
                        TABLE = 'custom_field_value', CONSTRAINT = 'custom_field_value_key', COLUMN = taken;
                END IF;
                RETURN NULL;
            END $$
            """
        )
    op.execute(
        """
        CREATE TRIGGER customer_values_entered AFTER INSERT ON customer REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION customer_values_entered()
        """
    )
    op.execute(
        """
        CREATE TRIGGER customer_values_changed AFTER UPDATE OF attributes ON customer FOR EACH ROW
        WHEN (OLD.attributes IS DISTINCT FROM NEW.attributes) EXECUTE FUNCTION customer_values_changed()
        """
    )


def _moves() -> None:
    """A customer that moves to another distributor takes its values along, if nobody has them there."""
    op.execute(
        """
        CREATE OR REPLACE FUNCTION customer_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE contact SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE contact_change SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE customer_identity SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE customer_change SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            UPDATE custom_field_value SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            RETURN NULL;
        END $$
        """
    )
