"""Customers and contacts are found by their birthday."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION birthday_key(birthday jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT (birthday ->> 'calendar') || ':' || (birthday ->> 'month') || ':' || (birthday ->> 'day')
                || ':' || COALESCE(birthday ->> 'leap', 'false')
        $$
        """
    )
    for table in ("customer", "contact"):
        op.execute(
            f"CREATE INDEX {table}_birthday ON {table} (birthday_key(birthday), id) WHERE birthday IS NOT NULL"
        )
