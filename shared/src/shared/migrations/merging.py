"""Customers merged into others: what was recorded for them is kept by the customer that they are now.

A row keeps in `origin_id` for whom it was recorded when that is not who keeps it. So who keeps it follows
from the reference rows alone, in whatever order they became known, and undoing a merge is one more of them.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from alembic import op

_DEEPEST = 100
"""How many merges in a row are followed; events out of order may form a circle for a moment."""
_TAKEN_ALONG = "distributor_id = CASE WHEN home_known THEN home ELSE distributor_id END,"


def keep_with_root(
    known: str,
    *tables: str,
    apart: Collection[str] = (),
    within: Mapping[str, tuple[str, str]] | None = None,
    joining: bool = True,
) -> None:
    """Let rows of these tables be kept by the customer that theirs is merged into, if it is.

    `known` is the table of customers. Rows of `tables` get the keeper's distributor, those of `apart` keep
    their own or have none. `within` are tables whose rows belong to a row of another one, as `{table: (other,
    column)}`, and are kept with it. With `joining` a new row for a merged customer is kept
    by the other at once, and a row for one that is being merged waits.
    """
    for table in (*tables, *apart):
        op.add_column(table, sa.Column("origin_id", sa.Uuid, nullable=True))
        op.create_index(
            f"{table}_of_origin", table, ["origin_id"], postgresql_where=sa.text("origin_id IS NOT NULL")
        )
    op.create_index(
        f"{known}_merged", known, ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )
    _root(known)
    _held_alike(known)
    if tables or apart:
        _kept(known, {**dict.fromkeys(tables, _TAKEN_ALONG), **dict.fromkeys(apart, "")}, name="customer")
    for table, (other, column) in (within or {}).items():
        _follow(table, other, column)
    if joining:
        _join(known)


def keep_also(known: str, table: str) -> None:
    """The same for a table that was made later, with a column `origin_id` of its own."""
    _kept(known, {table: _TAKEN_ALONG}, name=table)


def follow_also(table: str, other: str, column: str) -> None:
    """Let rows of a table that was made later be kept with the row of `other` that their `column` names."""
    _follow(table, other, column)


def join_roots(known: str) -> None:
    """Have `customer_joined`, by which a new row for a merged customer is kept by the other at once.

    For a service whose first table of that kind came late; again changes nothing.
    """
    _join(known)


def _root(known: str) -> None:
    op.execute(
        f"""
        CREATE FUNCTION customer_root(wanted uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
            WITH RECURSIVE up AS (
                SELECT merged_into, 0 AS steps FROM {known} WHERE id = wanted
                UNION ALL
                SELECT one.merged_into, steps + 1 FROM up JOIN {known} AS one ON one.id = up.merged_into
                WHERE steps < {_DEEPEST}
            )
            SELECT COALESCE(
                (SELECT merged_into FROM up WHERE merged_into IS NOT NULL ORDER BY steps DESC LIMIT 1), wanted
            )
        $$
        """
    )


def _held_alike(known: str) -> None:
    """A merged customer is in sight of those who see the one that it is now."""
    op.execute(
        f"""
        CREATE FUNCTION merged_customer_held() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            root {known}%ROWTYPE;
        BEGIN
            SELECT * INTO root FROM {known} WHERE id = customer_root(NEW.merged_into);
            IF FOUND THEN
                NEW.distributor_id := root.distributor_id;
                NEW.owner_id := root.owner_id;
                NEW.org_unit_id := root.org_unit_id;
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER merged_customer_held BEFORE INSERT OR UPDATE ON {known} FOR EACH ROW "
        "WHEN (NEW.merged_into IS NOT NULL) EXECUTE FUNCTION merged_customer_held()"
    )
    op.execute(
        f"""
        CREATE FUNCTION merged_customers_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE {known} SET (distributor_id, owner_id, org_unit_id)
                = (NEW.distributor_id, NEW.owner_id, NEW.org_unit_id)
            WHERE merged_into = NEW.id AND (distributor_id, owner_id, org_unit_id)
                    IS DISTINCT FROM (NEW.distributor_id, NEW.owner_id, NEW.org_unit_id);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER merged_customers_follow AFTER UPDATE ON {known} FOR EACH ROW "
        "WHEN ((OLD.distributor_id, OLD.owner_id, OLD.org_unit_id) IS DISTINCT FROM "
        f"(NEW.distributor_id, NEW.owner_id, NEW.org_unit_id) AND pg_trigger_depth() < {_DEEPEST}) "
        "EXECUTE FUNCTION merged_customers_follow()"
    )


def _kept(known: str, tables: Mapping[str, str], *, name: str) -> None:
    moves = " ".join(
        f"""
        UPDATE {table} SET customer_id = root, {along}
            origin_id = NULLIF(COALESCE(origin_id, customer_id), root)
        WHERE customer_id <> root
            AND (origin_id = ANY (family) OR origin_id IS NULL AND customer_id = ANY (family));
        """
        for table, along in tables.items()
    )
    op.execute(
        f"""
        CREATE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            root uuid := customer_root(NEW.id);
            home uuid;
            home_known boolean;
            family uuid[];
        BEGIN
            SELECT distributor_id INTO home FROM {known} WHERE id = root;
            home_known := FOUND;
            WITH RECURSIVE down AS (
                SELECT NEW.id AS id
                UNION
                SELECT one.id FROM down JOIN {known} AS one ON one.merged_into = down.id
            )
            SELECT array_agg(id) INTO family FROM down;
            {moves}
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {name}_known_merged AFTER INSERT ON {known} FOR EACH ROW "
        f"WHEN (NEW.merged_into IS NOT NULL) EXECUTE FUNCTION {name}_kept()"
    )
    op.execute(
        f"CREATE TRIGGER {name}_kept AFTER UPDATE ON {known} FOR EACH ROW "
        f"WHEN (OLD.merged_into IS DISTINCT FROM NEW.merged_into) EXECUTE FUNCTION {name}_kept()"
    )


def _follow(table: str, other: str, column: str) -> None:
    op.execute(
        f"""
        CREATE FUNCTION {table}_follows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE {table} SET customer_id = NEW.customer_id, distributor_id = NEW.distributor_id
                WHERE {column} = NEW.id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_follows AFTER UPDATE OF customer_id ON {other} FOR EACH ROW "
        f"WHEN (OLD.customer_id IS DISTINCT FROM NEW.customer_id) EXECUTE FUNCTION {table}_follows()"
    )
    op.execute(
        f"""
        CREATE FUNCTION {table}_joined() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT customer_id INTO NEW.customer_id FROM {other} WHERE id = NEW.{column};
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_joined BEFORE INSERT ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {table}_joined()"
    )


def _join(known: str) -> None:
    """The whole way from the customer to who keeps its rows stays locked until the new row is there."""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION customer_joined() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            known {known}%ROWTYPE;
            named uuid := NEW.customer_id;
        BEGIN
            FOR step IN 0..{_DEEPEST} LOOP
                SELECT * INTO known FROM {known} WHERE id = NEW.customer_id FOR SHARE;
                EXIT WHEN NOT FOUND;
                NEW.distributor_id := known.distributor_id;
                EXIT WHEN known.merged_into IS NULL;
                NEW.customer_id := known.merged_into;
            END LOOP;
            IF NEW.customer_id <> named THEN
                NEW.origin_id := COALESCE(NEW.origin_id, named);
            END IF;
            RETURN NEW;
        END $$
        """
    )
