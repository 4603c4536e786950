"""Reading the register of org units."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from customer_svc.org_units.domain import check_unit
from customer_svc.org_units.schemas import OrgUnitQuery
from customer_svc.org_units.tables import OrgUnit
from customer_svc.staff.tables import StaffRef
from customer_svc.trees import Tree, TreeQuery
from shared.db import Reader, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t: Any = OrgUnit.__table__  # type: ignore[attr-defined]
_s: Any = StaffRef.__table__  # type: ignore[attr-defined]
TREE = Tree(_t, "id", "code", "name", "kind", "status", "parent_id", lock=0x756E_6974)

_ids = bindparam("ids", type_=ARRAY(Uuid))
_one = select(_t).where(_t.c.id == bindparam("b_id"))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
# Locked against deletion, so that whoever refers to one of them in this transaction can.
_KNOWN = prepare(
    select(_t.c.id, _t.c.status)
    .where(_t.c.id == any_(_ids))
    .order_by(_t.c.id)
    .with_for_update(read=True, key_share=True)
)
_OF_STAFF = prepare(
    select(_s.c.id, _t.c.id.label("unit"))
    .join(_t, _t.c.id == _s.c.org_unit_id)
    .where(_s.c.id == any_(_ids))
    .order_by(_t.c.id)
    .with_for_update(read=True, key_share=True, of=[_t])
)
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at, "name": _t.c.name},
    default="name",
    filters={
        "code": lambda code: _t.c.code == code,
        "kind": lambda kind: _t.c.kind == kind,
        "status": lambda status: _t.c.status == status,
        "parent_id": lambda parent: _t.c.parent_id == parent,
        "ancestor_id": TREE.descends_from,
        "manager_id": lambda manager: _t.c.manager_id == manager,
    },
)


async def unit(db: Reader, unit_id: UUID) -> dict[str, Any]:
    """One org unit; NotFound if there is none."""
    row = await db.row(_ONE, b_id=unit_id)
    if row is None:
        raise not_found("org unit", "组织单元")
    return dict(row)


async def unit_for_update(tx: Tx, unit_id: UUID) -> dict[str, Any]:
    """One org unit, locked until the transaction ends."""
    row = await tx.row(_ONE_FOR_UPDATE, b_id=unit_id)
    if row is None:
        raise not_found("org unit", "组织单元")
    return dict(row)


async def known(db: Reader, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The status of each of these units that exists; in a transaction they then stay until it ends."""
    wanted = sorted({one for one in ids if one is not None})
    rows = await db.rows(_KNOWN, ids=wanted) if wanted else []
    return {row["id"]: row["status"] for row in rows}


async def require(db: Reader, unit_id: UUID | None, pointer: str = "/org_unit_id") -> None:
    """Raise Invalid unless the unit, if any, exists and is open."""
    if unit_id is not None:
        check_unit((await known(db, [unit_id])).get(unit_id), pointer)


async def units_of(db: Reader, staff: Iterable[UUID | None]) -> dict[UUID, UUID]:
    """In which unit each of these people works, as far as both are known here."""
    wanted = sorted({one for one in staff if one is not None})
    rows = await db.rows(_OF_STAFF, ids=wanted) if wanted else []
    return {row["id"]: row["unit"] for row in rows}


async def units(db: Reader, query: OrgUnitQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the register."""
    return await _LIST.page(db, query, sealer)


async def tree(db: Reader, unit_id: UUID, query: TreeQuery) -> dict[str, Any]:
    """A unit with those above and below it; NotFound if there is none."""
    await unit(db, unit_id)
    return {"path": await TREE.path(db, unit_id), **await TREE.below(db, unit_id, query)}
