"""Tables of customers' rows that a service got after it had learnt of moves and merges."""

from collections.abc import Mapping

from alembic import op

from shared.migrations.merging import follow_also, keep_also


def belong_to_customers(*tables: str, known: str = "customer_ref") -> None:
    """Let rows of these tables go where their customer goes: to another distributor, into another customer.

    Each has `customer_id`, `origin_id` and `distributor_id`, and triggers of its own, so that migrations of
    several tables may come in any order. The service has `join_customers` and `keep_with_root` behind it.
    """
    go_with_customers(*tables, known=known)
    for table in tables:
        op.execute(
            f"CREATE TRIGGER customer_joined BEFORE INSERT ON {table} FOR EACH ROW "
            "WHEN (NEW.customer_id IS NOT NULL) EXECUTE FUNCTION customer_joined()"
        )


def go_with_customers(*tables: str, known: str, within: Mapping[str, tuple[str, str]] | None = None) -> None:
    """The same where whoever adds a row has locked its customer, so that none is added to a merged one.

    `within` are tables whose rows belong to a row of another one, as `{table: (other, column)}`.
    """
    for table in tables:
        _moved(known, table)
        keep_also(known, table)
    for table, (other, column) in (within or {}).items():
        _moved(known, table)
        follow_also(table, other, column)


def _moved(known: str, table: str) -> None:
    op.execute(
        f"""
        CREATE FUNCTION {table}_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE {table} SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER {table}_moved AFTER UPDATE OF distributor_id ON {known} FOR EACH ROW "
        "WHEN (OLD.distributor_id IS DISTINCT FROM NEW.distributor_id) "
        f"EXECUTE FUNCTION {table}_moved()"
    )
