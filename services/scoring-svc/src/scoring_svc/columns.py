"""Rows written many at once: given by column, so that one statement does however many there are."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert


def inserting(table: Any, *key: str) -> Insert:
    """Insert the rows of `by_column`, in the order of this key for all writers if one is named."""
    arrays = (
        bindparam(f"b_{column.name}", type_=ARRAY(Text if _is_document(column) else column.type))
        for column in table.c
    )
    given = func.unnest(*arrays).table_valued(*table.c.keys(), name="given").render_derived()
    chosen = select(
        *(cast(given.c[each.name], JSONB) if _is_document(each) else given.c[each.name] for each in table.c)
    )
    ordered = chosen.order_by(*(given.c[name] for name in key))
    return insert(table).from_select(table.c.keys(), ordered, include_defaults=False)


def by_column(table: Any, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The arguments of `inserting`; what else the rows hold is left. Documents go as text.

    An array of documents would be taken for one of several dimensions where they are lists.
    """
    chosen = list(rows)
    return {
        f"b_{column.name}": [
            json.dumps(row[column.name]) if _is_document(column) else row[column.name] for row in chosen
        ]
        for column in table.c
    }


def _is_document(column: Any) -> bool:
    return isinstance(column.type, JSONB)
