"""Row security by distributors and holders: the same rule as `shared.db.sight`, said by PostgreSQL."""

from collections.abc import Sequence

from alembic import op

_DISTRIBUTOR, _HOLDERS = "app.distributor", "app.holders"


def _everything(setting: str) -> str:
    """Whether the setting is `*`. A subquery, so that it is read once for a statement and not for each row.

    Its value is hidden from the planner, which would take a comparison for rare and sort instead of merge.
    """
    return f"(SELECT COALESCE(current_setting('{setting}', true) = '*', false))"


def _ids(setting: str) -> str:
    told = f"current_setting('{setting}', true)"
    return f"(SELECT string_to_array(NULLIF(NULLIF({told}, ''), '*'), ',')::uuid[])::uuid[]"


def _rule(setting: str, *ways: str) -> str:
    """In sight when the setting is `*`, or by one of the ways, in which `{ids}` are the setting's ids."""
    return " OR ".join((_everything(setting), *(way.format(ids=_ids(setting)) for way in ways)))


def narrow(
    table: str,
    *,
    distributor: str | None = "distributor_id",
    distributors: str | None = None,
    held: Sequence[str] = (),
    through: str | None = None,
    by: str | Sequence[str] = "customer_id",
) -> None:
    """Let a session see and write the table's rows only as far as `app.distributor` and `app.holders` go.

    `held` are the columns of those who hold a row. `through` is a table that is narrowed itself: a row is
    also held by who sees the row there that its column `by` names, or all of them. Without `held` and
    `through` holders do not matter; without `distributor` the distributor is that of the row in `through`,
    and that alone decides. `distributors` is a column of several distributors in its place, which must all be
    in sight. Takes the place of an earlier policy. Without the settings nothing is in sight.
    """
    seen = " AND ".join(
        f"EXISTS (SELECT FROM {through} WHERE {through}.id = {table}.{column})"
        for column in ((by,) if isinstance(by, str) else by)
    )
    ways = [f"{column} = ANY ({{ids}})" for column in held]
    if through is not None:
        ways.append(seen)
    if distributors is not None:
        rules = [_rule(_DISTRIBUTOR, f"{distributors} <@ {{ids}}")]
    elif distributor is not None:
        rules = [_rule(_DISTRIBUTOR, f"{distributor} = ANY ({{ids}})")]
    else:
        rules = [f"{_unlimited()} OR {seen}"]
        ways = []
    if ways:
        rules.append(_rule(_HOLDERS, *ways))
    rule = " AND ".join(f"({each})" for each in rules)
    _secure(table)
    op.execute(f"CREATE POLICY {table}_in_sight ON {table} USING ({rule}) WITH CHECK ({rule})")


def see_everything() -> None:
    """Let the rest of the migration see and write all rows: row security holds for the owner, too."""
    op.execute(f"SELECT set_config('{_DISTRIBUTOR}', '*', true), set_config('{_HOLDERS}', '*', true)")


def set_apart(*tables: str, adding: bool = False) -> None:
    """Let only a session that sees everything see the rows of these tables; with `adding` any may add some.

    For what a service keeps for itself: no request on anybody's behalf finds anything there.
    """
    for table in tables:
        _secure(table)
        rule = f"USING ({_unlimited()}) WITH CHECK ({_unlimited()})"
        op.execute(f"CREATE POLICY {table}_in_sight ON {table} {rule}")
        if adding:
            op.execute(f"CREATE POLICY {table}_added ON {table} FOR INSERT WITH CHECK (true)")


def _secure(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for policy in ("of_distributor", "in_sight"):
        op.execute(f"DROP POLICY IF EXISTS {table}_{policy} ON {table}")


def _unlimited() -> str:
    return f"({_everything(_DISTRIBUTOR)} AND {_everything(_HOLDERS)})"


def follow_customers(*tables: str, name: str = "customer_moved") -> None:
    """Let the rows of these tables change their distributor when their customer does.

    Tables that come later need a `name` of their own, of the function and its trigger.
    """
    moves = " ".join(
        f"UPDATE {table} SET distributor_id = NEW.distributor_id WHERE customer_id = NEW.id;"
        for table in tables
    )
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {moves} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} AFTER UPDATE OF distributor_id ON customer_ref FOR EACH ROW "
        f"WHEN (OLD.distributor_id IS DISTINCT FROM NEW.distributor_id) EXECUTE FUNCTION {name}()"
    )


def join_customers(*tables: str) -> None:
    """Let a new row of these tables take its customer's distributor, as it stands when the row is written.

    The customer stays locked until then: who finds out whose it is before it moves does not write after it.
    """
    op.execute(
        """
        CREATE FUNCTION customer_joined() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            known customer_ref%ROWTYPE;
        BEGIN
            SELECT * INTO known FROM customer_ref WHERE id = NEW.customer_id FOR SHARE;
            IF FOUND THEN
                NEW.distributor_id := known.distributor_id;
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER customer_joined BEFORE INSERT ON {table} FOR EACH ROW "
            "WHEN (NEW.customer_id IS NOT NULL) EXECUTE FUNCTION customer_joined()"
        )
