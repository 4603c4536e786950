"""Customers and contacts are found by their birthday."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow, see_everything

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    see_everything()
    op.execute(
        """
        CREATE FUNCTION birthday_key(birthday jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT (birthday ->> 'calendar') || ':' || (birthday ->> 'month') || ':' || (birthday ->> 'day')
                || ':' || COALESCE(birthday ->> 'leap', 'false')
        $$
        """
    )
    for table in ("customer", "contact"):
        op.create_table(
            f"{table}_birthday",
            sa.Column("id", sa.Uuid, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True),
            sa.Column("day", sa.String, nullable=False),
        )
        op.create_index(f"{table}_birthday_by_day", f"{table}_birthday", ["day", "id"])
        narrow(f"{table}_birthday", distributor=None, through=table, by="id")
        _kept(table)
        op.execute(
            f"INSERT INTO {table}_birthday SELECT id, birthday_key(birthday) FROM {table} "
            "WHERE jsonb_typeof(birthday) = 'object'"
        )


def _kept(table: str) -> None:
    op.execute(
        f"""
        CREATE FUNCTION {table}_birthday_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.birthday IS NULL OR jsonb_typeof(NEW.birthday) <> 'object' THEN
                DELETE FROM {table}_birthday WHERE id = NEW.id;
            ELSE
                INSERT INTO {table}_birthday VALUES (NEW.id, birthday_key(NEW.birthday))
                    ON CONFLICT (id) DO UPDATE SET day = excluded.day;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_birthday_known AFTER INSERT ON {table} FOR EACH ROW "
        f"WHEN (NEW.birthday IS NOT NULL) EXECUTE FUNCTION {table}_birthday_kept()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_birthday_kept AFTER UPDATE OF birthday ON {table} FOR EACH ROW "
        "WHEN (OLD.birthday IS DISTINCT FROM NEW.birthday) "
        f"EXECUTE FUNCTION {table}_birthday_kept()"
    )
