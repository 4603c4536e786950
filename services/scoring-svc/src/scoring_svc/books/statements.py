"""A book as PostgreSQL makes it of the log, and how all of them are read at once."""

from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Text, Uuid, bindparam, func, literal, literal_column, select, text

from shared.db import prepare

MARK = "\x1e"
"""Between two names."""
_KIND = "'o' || f.currency || chr(31) || f.is_return || chr(31) || coalesce('+' || f.channel, '')"
_CATEGORY = "'c' || coalesce('+' || g.category, '')"
# Places are those of an order among its customer's, from 0 on. Both are one look at `chosen`.
_PACKED = f"""
    placed AS MATERIALIZED (
        SELECT f.customer_id, f.order_id, f.ordered_at, f.amount_minor, {_KIND} AS name,
               CAST(row_number() OVER (PARTITION BY f.customer_id ORDER BY f.ordered_at, f.order_id) - 1 AS int)
                   AS place
        FROM order_fact f JOIN chosen USING (customer_id) WHERE NOT f.voided
    ),
    coded AS (
        SELECT customer_id, string_agg(
                   int8send(CAST(extract(epoch FROM ordered_at) * 1000000 AS bigint)) || int8send(amount_minor)
                       || int8send(hashtextextended(name, 0)), CAST('' AS bytea) ORDER BY place) AS orders,
               string_agg(DISTINCT hashtextextended(name, 0) || ' ' || name, chr(30)) AS names
        FROM placed GROUP BY customer_id
    ),
    listed AS (
        SELECT p.customer_id, p.place, g.position, g.quantity, g.amount_minor, {_CATEGORY} AS name
        FROM placed p JOIN order_line_fact g ON g.order_id = p.order_id
    ),
    detailed AS (
        SELECT customer_id, string_agg(
                   int4send(place) || float8send(quantity) || int8send(coalesce(amount_minor, 0))
                       || int8send(hashtextextended(name, 0)), CAST('' AS bytea) ORDER BY place, position) AS lines,
               string_agg(DISTINCT hashtextextended(name, 0) || ' ' || name, chr(30)) AS names
        FROM listed GROUP BY customer_id
    ),
    packed AS (
        SELECT c.customer_id, c.orders, coalesce(d.lines, '') AS lines,
               concat_ws(chr(30), c.names, d.names) AS names
        FROM coded c LEFT JOIN detailed d USING (customer_id)
    )
"""  # noqa: S608 - nothing of it comes from outside
# NOT IN looks each customer up in a table of those few; PostgreSQL cannot know how few they are.
_READ = f"""
    WITH chosen AS MATERIALIZED (SELECT DISTINCT customer_id FROM order_change), {_PACKED}
    SELECT customer_id, orders, lines, NULL AS names FROM order_book
    WHERE customer_id NOT IN (SELECT customer_id FROM chosen)
    UNION ALL SELECT customer_id, orders, lines, names FROM packed
"""  # noqa: S608
LOCK = prepare(text("SELECT pg_advisory_xact_lock(hashtext('order_book'))"))
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
WRITE = prepare(
    text(
        f"""
        WITH chosen AS MATERIALIZED (SELECT unnest(CAST(:customers AS uuid[])) AS customer_id), {_PACKED},
        closed AS (
            DELETE FROM order_book b USING chosen c
            WHERE b.customer_id = c.customer_id AND b.customer_id NOT IN (SELECT customer_id FROM packed)
        ),
        words AS (
            INSERT INTO order_word (code, name)
            SELECT DISTINCT CAST(split_part(word, ' ', 1) AS bigint), substr(word, strpos(word, ' ') + 1)
            FROM packed, unnest(string_to_array(names, chr(30))) word
            ON CONFLICT DO NOTHING
        )
        INSERT INTO order_book (customer_id, orders, lines) SELECT customer_id, orders, lines FROM packed
        ON CONFLICT (customer_id) DO UPDATE SET orders = excluded.orders, lines = excluded.lines
        """  # noqa: S608
    ).bindparams(bindparam("customers", type_=ARRAY(Uuid))),
    "customers",
)
WORDS = prepare(select(literal_column("code"), literal_column("name")).select_from(text("order_word")))


def reading(base: Any, *, lines: bool) -> Any:
    """One row: the books of the customers of `base` (`id`, `keeper`, perhaps `segment`), end to end.

    With `everybody` it holds those alone whose orders another one keeps. A customer is named once for each of
    its books: that of everybody whose orders it keeps.
    """
    names = ("customer_id", "orders", "lines", "names")
    book = text(_READ).columns(*(literal_column(name) for name in names)).cte("book")
    of, orders, listed, told = (literal_column(f"book.{name}") for name in names)
    joined = book.join(base.table, base.c.id == of, isouter=base.everybody)
    ends: Any = literal(b"", LargeBinary)
    columns = {
        "keepers": func.string_agg(func.uuid_send(func.coalesce(base.c.keeper, of)), ends),
        "orders": func.string_agg(orders, ends),
        "order_bytes": func.string_agg(func.int4send(func.octet_length(orders)), ends),
        "names": func.string_agg(told, literal(MARK, Text)),
    }
    if lines:
        columns["lines"] = func.string_agg(listed, ends)
        columns["line_bytes"] = func.string_agg(func.int4send(func.octet_length(listed)), ends)
    if "segment" in base.c:
        columns["segments"] = func.array_agg(base.c.segment)
    return select(*(column.label(name) for name, column in columns.items())).select_from(joined)
