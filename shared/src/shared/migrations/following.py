"""Rows that belong to another row of their service, and to the same customer and distributor as it does."""

from alembic import op


def follow_row(table: str, other: str, column: str) -> None:
    """Let rows of `table` have the customer and the distributor of the row of `other` in `column`."""
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
        f"CREATE TRIGGER {table}_follows AFTER UPDATE OF customer_id, distributor_id ON {other} FOR EACH ROW "
        "WHEN ((OLD.customer_id, OLD.distributor_id) IS DISTINCT FROM (NEW.customer_id, NEW.distributor_id)) "
        f"EXECUTE FUNCTION {table}_follows()"
    )
    op.execute(
        f"""
        CREATE FUNCTION {table}_joined() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT customer_id, distributor_id INTO NEW.customer_id, NEW.distributor_id
                FROM {other} WHERE id = NEW.{column};
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_joined BEFORE INSERT ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {table}_joined()"
    )
