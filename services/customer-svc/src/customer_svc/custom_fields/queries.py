"""Reading the register of custom fields."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from customer_svc.custom_fields.domain import Definition, Entity
from customer_svc.custom_fields.schemas import FieldQuery
from customer_svc.custom_fields.shapes import schema_of
from customer_svc.custom_fields.tables import CustomField
from shared.db import Prepared, Reader, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t: Any = CustomField.__table__  # type: ignore[attr-defined]
_one = select(_t).where(_t.c.id == bindparam("b_id"))
_ONE = prepare(_one)
# Its key stays free to be referred to: who writes a value holds a customer for which the index may wait.
_ONE_FOR_UPDATE = prepare(_one.with_for_update(key_share=True))
_OF_ENTITY = prepare(select(_t).where(_t.c.entity == bindparam("b_entity")).order_by(_t.c.position, _t.c.id))
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"position": _t.c.position, "created_at": _t.c.created_at},
    default="position",
    filters={
        "entity": lambda entity: _t.c.entity == entity,
        "type": lambda kind: _t.c.type == kind,
        "status": lambda status: _t.c.status == status,
    },
)


async def _found(db: Reader, statement: Prepared, field_id: UUID) -> dict[str, Any]:
    row = await db.row(statement, b_id=field_id)
    if row is None:
        raise not_found("field", "字段")
    return dict(row)


async def field(db: Reader, field_id: UUID) -> dict[str, Any]:
    """One definition; NotFound if there is none."""
    return await _found(db, _ONE, field_id)


async def field_for_update(tx: Tx, field_id: UUID) -> dict[str, Any]:
    """One definition, locked until the transaction ends."""
    return await _found(tx, _ONE_FOR_UPDATE, field_id)


async def rows_of(db: Reader, entity: Entity) -> list[dict[str, Any]]:
    """All definitions of an entity in the order of the form, retired ones too."""
    return [dict(row) for row in await db.rows(_OF_ENTITY, b_entity=entity)]


async def definitions(db: Reader, entity: Entity) -> list[Definition]:
    """The definitions by which values of an entity are judged."""
    return [Definition.of(row) for row in await rows_of(db, entity)]


async def attributes_schema(db: Reader, entity: Entity) -> dict[str, Any]:
    """The JSON Schema of an entity's attributes as it is now."""
    return {"entity": entity, "attributes": schema_of(await rows_of(db, entity))}


async def fields(db: Reader, query: FieldQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the register."""
    return await _LIST.page(db, query, sealer)
