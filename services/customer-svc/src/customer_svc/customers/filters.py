"""Customers filtered and sorted by custom fields, through the index of their values."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from sqlalchemy import ColumnElement, select

from customer_svc.custom_fields import queries as custom_fields
from customer_svc.custom_fields.domain import COLUMN_OF, RANGED, SORTABLE, Definition, sought
from customer_svc.custom_fields.tables import CustomFieldValue
from customer_svc.customers.asking import FIELD_SORT, AskedField
from customer_svc.customers.tables import Customer
from shared.db import Reader
from shared.http import Listing
from shared.problems import FieldError, Invalid, Malformed

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_v: Any = CustomFieldValue.__table__  # type: ignore[attr-defined]


class IndexedFields:
    """The custom fields of customers by their keys, for lists that ask by them."""

    def __init__(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        self._rows = rows

    @classmethod
    async def of(cls, db: Reader) -> Self:
        """Read the register."""
        return cls({row["key"]: row for row in await custom_fields.rows_of(db, "customer")})

    def conditions(self, asked: Sequence[AskedField]) -> list[ColumnElement[bool]]:
        """What these filters stand for; Malformed for a field that is not indexed, Invalid for its value."""
        return [self._condition(one) for one in asked]

    def sorted(self, listing: Listing, sort: str) -> Listing:
        """The list of those customers that have a value of this field, by that value."""
        key = sort.removeprefix("-").removeprefix(FIELD_SORT)
        row = self._indexed(key, "?sort")
        if row["type"] not in SORTABLE:
            raise _refused("?sort", "unknown_sort", "cannot be sorted by", "不支持的排序字段")
        column = _v.c[COLUMN_OF[row["type"]]]
        return listing.along(
            sort.removeprefix("-"),
            column,
            key=_v.c.customer_id,
            base=lambda base: (
                base.add_columns(_v.c.customer_id, column)
                .join(_v, _v.c.customer_id == _t.c.id)
                .where(_v.c.field_id == row["id"])
            ),
        )

    def _condition(self, asked: AskedField) -> ColumnElement[bool]:
        where = f"?{asked.name}"
        row = self._indexed(asked.key, where)
        if asked.bound and row["type"] not in RANGED:
            raise _refused(where, "no_range", "has no range", "不支持范围筛选")
        value = sought(Definition.of(row), asked.text)
        if value is None:
            raise Invalid.at(where, "wrong_value", en="is no value of the field", zh="不是该字段的有效值")
        column = _v.c[COLUMN_OF[row["type"]]]
        fits = {"": column == value, "gte": column >= value, "lt": column < value}[asked.bound]
        found: ColumnElement[bool] = _t.c.id.in_(
            select(_v.c.customer_id).where(_v.c.field_id == row["id"], fits)
        )
        return found

    def _indexed(self, key: str, where: str) -> Mapping[str, Any]:
        row = self._rows.get(key)
        if row is None or not (row["indexed"] and row["status"] == "active"):
            raise _refused(where, "field_not_indexed", "is not an indexed field", "不是已建立索引的字段")
        if not row["ready"]:
            raise _refused(where, "field_not_ready", "is being indexed", "正在建立索引")
        return row


def _refused(where: str, code: str, en: str, zh: str) -> Malformed:
    field = FieldError(where, code, en, zh)
    return Malformed(code, en=f"{where[1:]} {en}", zh=f"{where[1:]} {zh}", errors=(field,))
