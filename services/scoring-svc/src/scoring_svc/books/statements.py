"""A book as PostgreSQL makes it of the log, and how all of them are read at once."""

from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Text, Uuid, bindparam, func, literal, literal_column, select, text

from scoring_svc.books.tables import OrderWord
from shared.db import prepare

_W: Any = OrderWord.__table__  # type: ignore[attr-defined]
MARK = "\x1e"
"""Between two names."""
_KIND = "'o' || f.currency || chr(31) || f.is_return || chr(31) || coalesce('+' || f.channel, '')"
_CATEGORY = "'c' || coalesce('+' || g.category, '')"
_CODE = "hashtextextended(name, 0)"
# The parts of a statement that makes books of the log for those customers whom its part `chosen` names.
# Places are those of an order among its customer's, from 0 on.
_ORDERS = {
    "placed": f"""
        SELECT f.customer_id, f.order_id, f.ordered_at, f.amount_minor, {_KIND} AS name,
               CAST(row_number() OVER mine - 1 AS int) AS place
        FROM order_fact f JOIN chosen USING (customer_id) WHERE NOT f.voided
        WINDOW mine AS (PARTITION BY f.customer_id ORDER BY f.ordered_at, f.order_id)
    """,
    "coded": f"""
        SELECT customer_id, string_agg(
                   int8send(CAST(extract(epoch FROM ordered_at) * 1000000 AS bigint))
                       || int8send(amount_minor) || int8send({_CODE}),
                   CAST('' AS bytea) ORDER BY place) AS orders
        FROM placed GROUP BY customer_id
    """,
}
_LINES = {
    "listed": f"""
        SELECT p.customer_id, p.place, g.position, g.quantity, g.amount_minor, {_CATEGORY} AS name
        FROM placed p JOIN order_line_fact g ON g.order_id = p.order_id
    """,
    "detailed": f"""
        SELECT customer_id, string_agg(
                   int4send(place) || float8send(quantity) || int8send(coalesce(amount_minor, 0))
                       || int8send({_CODE}),
                   CAST('' AS bytea) ORDER BY place, position) AS lines
        FROM listed GROUP BY customer_id
    """,
}
# Put together without a join, which PostgreSQL would run over and over where it expects a row or two.
_PACKED = """
    SELECT customer_id, string_agg(orders, CAST('' AS bytea)) AS orders,
           coalesce(string_agg(lines, CAST('' AS bytea)), '') AS lines
    FROM (SELECT customer_id, orders, NULL AS lines FROM coded
          UNION ALL SELECT customer_id, NULL, lines FROM detailed) told
    GROUP BY customer_id
"""
_WHOLE = {**_ORDERS, **_LINES, "packed": _PACKED}
_BARE = {**_ORDERS, "packed": "SELECT customer_id, orders, CAST('' AS bytea) AS lines FROM coded"}
_NAMES = "SELECT name FROM placed"
_ALL_NAMES = f"{_NAMES} UNION SELECT name FROM listed"
# PostgreSQL takes what comes out of an array for a few rows, however many they are and were when it made its
# plan: so it looks for the orders of each, and looks each book up in a table of these (NOT IN).
_CHANGED = "SELECT unnest(ARRAY(SELECT DISTINCT customer_id FROM order_change)) AS customer_id"
_BOOK = """
    SELECT customer_id, orders, lines FROM order_book
    WHERE customer_id NOT IN (SELECT customer_id FROM chosen)
    UNION ALL SELECT customer_id, orders, lines FROM packed
"""
LOCK = prepare(text("SELECT pg_try_advisory_xact_lock(hashtext('order_book'))"))
TAKE = prepare(
    text(
        """
        WITH gone AS (
            DELETE FROM order_change WHERE customer_id IN (
                SELECT DISTINCT customer_id FROM order_change LIMIT CAST(:most AS int)
            ) RETURNING customer_id
        )
        SELECT DISTINCT customer_id FROM gone
        """
    ).bindparams(bindparam("most")),
    "most",
)
_WITH = ", ".join(f"{name} AS ({body})" for name, body in _WHOLE.items())
WRITE = prepare(
    text(
        f"""
        WITH chosen AS MATERIALIZED (SELECT unnest(CAST(:customers AS uuid[])) AS customer_id), {_WITH},
        closed AS (
            DELETE FROM order_book b USING chosen c
            WHERE b.customer_id = c.customer_id AND b.customer_id NOT IN (SELECT customer_id FROM packed)
        ),
        words AS (
            INSERT INTO order_word (code, name)
            SELECT {_CODE}, name FROM ({_ALL_NAMES}) told ON CONFLICT DO NOTHING
        )
        INSERT INTO order_book (customer_id, orders, lines) SELECT customer_id, orders, lines FROM packed
        ON CONFLICT (customer_id) DO UPDATE SET orders = excluded.orders, lines = excluded.lines
        """
    ).bindparams(bindparam("customers", type_=ARRAY(Uuid))),
    "customers",
)
WORDS = prepare(select(_W.c.code, _W.c.name))


_END: Any = literal(b"", LargeBinary)


def reading(base: Any, *, lines: bool) -> Any:
    """One row: the books of the customers of `base` (`id`, `keeper`, perhaps `segment`), end to end.

    `keepers` has one for each book: whose orders they are now. With `everybody` the base holds those alone
    whose orders another one keeps: `keepers` are then as they were told; `moved_to` keep those of `moved`.
    """
    parts = {"chosen": _CHANGED, **(_WHOLE if lines else _BARE)}
    names = (
        f"SELECT string_agg({_CODE} || ' ' || name, chr(30)) FROM ({_ALL_NAMES if lines else _NAMES}) told"
    )
    book = _part("book", _BOOK)
    of: Any = literal_column("book.customer_id")
    orders: Any = literal_column("book.orders")
    listed: Any = literal_column("book.lines")
    columns = {
        "keepers": _ids(of if base.everybody else base.c.keeper),
        "orders": func.string_agg(orders, _END),
        "order_bytes": func.string_agg(func.int4send(func.octet_length(orders)), _END),
        "names": literal_column(f"({names})", Text),
    }
    if lines:
        columns["lines"] = func.string_agg(listed, _END)
        columns["line_bytes"] = func.string_agg(func.int4send(func.octet_length(listed)), _END)
    if "segment" in base.c:
        columns["segments"] = func.array_agg(base.c.segment)
    if base.everybody:
        # Not joined: right after many were merged PostgreSQL does not know yet how many there are.
        moved = {"moved": base.c.id, "moved_to": base.c.keeper}
        columns |= {name: select(_ids(column)).scalar_subquery() for name, column in moved.items()}
        read = book
    else:
        read = book.join(base.table, base.c.id == of)
    told = select(*(column.label(name) for name, column in columns.items())).select_from(read)
    return told.add_cte(*(_part(name, body) for name, body in parts.items()))


def _ids(column: Any) -> Any:
    return func.string_agg(func.uuid_send(column), _END)


def _part(name: str, body: str) -> Any:
    return text(body).columns(literal_column("customer_id")).cte(name)
