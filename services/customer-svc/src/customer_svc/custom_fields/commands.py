"""Changes of the register of custom fields, and filling the index of their values."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import ARRAY, Integer, Uuid, bindparam, delete, func, insert, select, text, update

from customer_svc.custom_fields import queries
from customer_svc.custom_fields.domain import check_definition, refilled, stored
from customer_svc.custom_fields.schemas import FieldCreate, FieldPatch
from customer_svc.custom_fields.tables import CustomField, CustomFieldValue
from shared import operations
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict

JOB = "fields.index"

_t: Any = CustomField.__table__  # type: ignore[attr-defined]
_v: Any = CustomFieldValue.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "entity", "key", "type", "target", "created_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))
_SETTLE = prepare(select(func.settle_custom_fields()))
_NEXT = prepare(
    text("SELECT id FROM customer WHERE id > :after ORDER BY id LIMIT :most FOR SHARE").bindparams(
        bindparam("after", type_=Uuid), bindparam("most", type_=Integer)
    )
)
_STORE = prepare(
    select(func.store_custom_values(bindparam("ids", type_=ARRAY(Uuid)), bindparam("b_field", type_=Uuid)))
)
_some = (
    select(_v.c.field_id, _v.c.customer_id, _v.c.place)
    .where(_v.c.field_id == bindparam("b_field", type_=Uuid))
    .limit(bindparam("most", type_=Integer))
    .cte("some")
)
_DROP = prepare(
    delete(_v).where(
        _v.c.field_id == _some.c.field_id,
        _v.c.customer_id == _some.c.customer_id,
        _v.c.place == _some.c.place,
    )
)
_NOBODY = UUID(int=0)


async def create_field(tx: Tx, wanted: FieldCreate, *, by: UUID, service_number: int) -> dict[str, Any]:
    """Define a field; Conflict if the entity has one of this key, Invalid if its parts do not fit."""
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "status": "active",
        "ready": True,
        "operation_id": None,
        "indexed_to": None,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    check_definition(row)
    if stored(row):
        row |= await _refilling(tx, row, by, service_number)
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise Conflict("key_taken", en="There is such a field already.", zh="该字段已存在。") from None
    return row


async def change_field(
    tx: Tx,
    field_id: UUID,
    wanted: FieldPatch,
    expected: int | None,
    *,
    by: UUID,
    service_number: int,
) -> dict[str, Any]:
    """Change a definition; Stale if it is not the expected version, Invalid if its parts do not fit."""
    before = await queries.field_for_update(tx, field_id)
    check_version(expected, before["version"])
    row = before | wanted.changes()
    check_definition(row, before)
    if row == before:
        return before
    row |= {"version": before["version"] + 1, "updated_at": tx.now}
    if refilled(before, row):
        row |= await _refilling(tx, row, by, service_number)
    await tx.run(_UPDATE, **row, b_id=field_id)
    return row


async def delete_field(tx: Tx, field_id: UUID, expected: int | None) -> None:
    """Forget a retired definition; Conflict while it is active. Values stay, of no type any more."""
    row = await queries.field_for_update(tx, field_id)
    check_version(expected, row["version"])
    if row["status"] == "active":
        raise Conflict("field_active", en="Retire the field first.", zh="请先停用该字段。")
    await tx.run(_DELETE, b_id=field_id)


async def _refilling(tx: Tx, row: Mapping[str, Any], by: UUID, service_number: int) -> dict[str, Any]:
    args = {"field_id": str(row["id"])}
    operation = await operations.start(
        tx, "fields.index", by, service_number=service_number, job=JOB, args=args
    )
    return {"ready": False, "operation_id": operation, "indexed_to": None}


async def settle(tx: Tx) -> None:
    """Wait until nobody writes any more who has not seen the definitions that are committed now."""
    await tx.run(_SETTLE)


async def fill(tx: Tx, row: dict[str, Any], most: int) -> int:
    """Index the values of the next customers; how many there were.

    Conflict when two of one distributor have the same value of a unique field.
    """
    found = await tx.rows(_NEXT, after=row["indexed_to"] or _NOBODY, most=most)
    ids = [each["id"] for each in found]
    if ids and await tx.value(_STORE, ids=ids, b_field=row["id"]) is not None:
        raise not_unique()
    row["indexed_to"] = ids[-1] if ids else row["indexed_to"]
    await tx.run(_UPDATE, **row, b_id=row["id"])
    return len(ids)


async def drain(tx: Tx, field_id: UUID, most: int) -> int:
    """Take values of a field out of the index, at most so many; how many."""
    return await tx.run(_DROP, b_field=field_id, most=most)


async def end_refilling(tx: Tx, row: dict[str, Any]) -> None:
    """The index is as the definition says."""
    await rewrite(tx, {**row, "ready": True})


async def rewrite(tx: Tx, row: dict[str, Any]) -> None:
    """Write what a locked definition has become, as a version of its own."""
    await tx.run(_UPDATE, **{**row, "version": row["version"] + 1, "updated_at": tx.now}, b_id=row["id"])


def not_unique() -> Conflict:
    return Conflict(
        "values_not_unique",
        en="Several customers of one distributor have the same value, so the field is not unique.",
        zh="同一经销商的多个客户具有相同的值，该字段不能设为唯一。",
    )
