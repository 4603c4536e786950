"""Keyset lists: sorted, filtered, paged by a sealed cursor that is bound to its sort and filters."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.sql.elements import ColumnClause

from shared.db import Reader, Record
from shared.http.models import ListQuery
from shared.problems import FieldError, Malformed
from shared.sealing import Sealer, Unsealable

Condition = Callable[[Any], ColumnElement[bool]]


class Listing:
    """One list of the API.

    `sorts` maps a public sort name to a column that is never null and has an index ending in `key`;
    `filters` maps a field of the query model to the condition it stands for.
    """

    def __init__(
        self,
        base: Select[Any],
        *,
        key: Any,
        sorts: Mapping[str, Any],
        default: str,
        filters: Mapping[str, Condition],
    ) -> None:
        self._base = base
        self._key = key
        self._sorts = sorts
        self._default = default
        self._filters = filters

    async def page(
        self,
        reader: Reader,
        query: ListQuery,
        sealer: Sealer,
        *,
        where: Sequence[ColumnElement[bool]] = (),
    ) -> dict[str, Any]:
        """One page as `{"data": rows, "page": {...}}`; Malformed for an unknown sort or a foreign cursor."""
        sort = query.sort or self._default
        column = self._column(sort)
        conditions = [*where, *self.conditions(query)]
        binding = _binding(sort, query)
        statement = self._base.where(*conditions)
        there = None if query.cursor is None else _opened(query.cursor, column, sealer, binding)
        paged = self._ordered(statement, column, there, falling=sort.startswith("-"))
        rows = await reader.rows(paged.limit(query.limit + 1))
        more = len(rows) > query.limit
        rows = rows[: query.limit]
        cursor = self._cursor(rows[-1], column, sealer, binding) if more else None
        info: dict[str, Any] = {"next_cursor": cursor, "has_more": more}
        if query.count == "exact":
            counted = statement.with_only_columns(self._key, maintain_column_froms=True).order_by(None)
            info["total"] = await reader.value(select(func.count()).select_from(counted.subquery()))
        return {"data": [dict(row) for row in rows], "page": info}

    def along(
        self, sort: str, column: Any, *, key: Any, base: Callable[[Select[Any]], Select[Any]]
    ) -> "Listing":
        """The same list with this sort alone, by a column of another table that `base` joins.

        `key` is the column there that holds this table's key, and stands behind `column` in its index.
        """
        return Listing(base(self._base), key=key, sorts={sort: column}, default=sort, filters=self._filters)

    def conditions(self, query: ListQuery) -> list[ColumnElement[bool]]:
        """What the filters of a query ask of a row."""
        return [self._filters[name](value) for name, value in query.filters().items()]

    def _column(self, sort: str) -> Any:
        column = self._sorts.get(sort.removeprefix("-"))
        if column is None:
            raise _malformed("?sort", "unknown_sort", "cannot be sorted by", "不支持的排序字段")
        return column

    def _ordered(
        self, statement: Select[Any], column: Any, there: tuple[Any, UUID] | None, *, falling: bool
    ) -> Select[Any]:
        order = (column, self._key)
        statement = statement.order_by(*(c.desc() if falling else c.asc() for c in order))
        if there is None:
            return statement
        here = tuple_(*order)
        return statement.where(here < tuple_(*there) if falling else here > tuple_(*there))

    def _cursor(self, row: Record, column: ColumnClause[Any], sealer: Sealer, binding: bytes) -> str:
        value = row[column.key]
        plain = value.isoformat() if isinstance(value, date) else value
        payload = json.dumps([str(plain) if isinstance(value, UUID) else plain, str(row[self._key.key])])
        return sealer.seal_text("cursor", payload.encode(), binding)


def _opened(cursor: str, column: Any, sealer: Sealer, binding: bytes) -> tuple[Any, UUID]:
    try:
        value, key = json.loads(sealer.open_text("cursor", cursor, binding))
    except Unsealable:
        raise _malformed(
            "?cursor",
            "cursor_invalid",
            "does not belong to this list, sort and filters",
            "与当前列表、排序或筛选条件不符",
        ) from None
    kind = column.type.python_type
    if kind in (date, datetime):
        value = kind.fromisoformat(value)
    return (UUID(value) if kind is UUID else value), UUID(key)


def _binding(sort: str, query: ListQuery) -> bytes:
    stated = json.dumps([type(query).__name__, sort, query.filters()], default=str, sort_keys=True)
    return hashlib.sha256(stated.encode()).digest()


def _malformed(pointer: str, code: str, en: str, zh: str) -> Malformed:
    field = FieldError(pointer, code, en, zh)
    return Malformed(code, en=f"{pointer[1:]} {en}", zh=f"{pointer[1:]} {zh}", errors=(field,))
