"""Changes of the register of org units."""

from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError, UniqueViolationError
from sqlalchemy import bindparam, delete, insert, update

from customer_svc.org_units import queries
from customer_svc.org_units.queries import TREE
from customer_svc.org_units.schemas import OrgUnitCreate, OrgUnitPatch
from customer_svc.org_units.tables import OrgUnit
from customer_svc.staff.queries import anybody_in
from shared.db import Tx, prepare
from shared.events.customer import OrgUnitChanged
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict

_t: Any = OrgUnit.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "code", "created_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))


async def create_unit(tx: Tx, wanted: OrgUnitCreate) -> dict[str, Any]:
    """Enter an org unit; Conflict if the code is taken, Invalid if the parent is unknown or closed."""
    await queries.require(tx, wanted.parent_id, "/parent_id")
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "status": "active",
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise Conflict(
            "code_taken", en="There is such an org unit already.", zh="该组织单元代码已存在。"
        ) from None
    outbox.record(tx, _told(row))
    return row


async def change_unit(tx: Tx, unit_id: UUID, wanted: OrgUnitPatch, expected: int | None) -> dict[str, Any]:
    """Change fields; Stale if it is not the expected version, Invalid if the tree would close to a ring."""
    changes = wanted.changes()
    parent_id = changes.get("parent_id")
    if parent_id is not None:
        await TREE.lock(tx)
    row = await queries.unit_for_update(tx, unit_id)
    check_version(expected, row["version"])
    if parent_id is not None and parent_id != row["parent_id"]:
        await queries.require(tx, parent_id, "/parent_id")
        await TREE.refuse_ring(tx, unit_id, parent_id)
    row |= {**changes, "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_UPDATE, **row, b_id=unit_id)
    outbox.record(tx, _told(row))
    return row


async def delete_unit(tx: Tx, unit_id: UUID, expected: int | None) -> None:
    """Remove an org unit that nothing refers to; Conflict if something does."""
    row = await queries.unit_for_update(tx, unit_id)
    check_version(expected, row["version"])
    if await anybody_in(tx, unit_id):
        raise _in_use()
    try:
        await tx.run(_DELETE, b_id=unit_id)
    except ForeignKeyViolationError:
        raise _in_use() from None
    outbox.record(tx, _told(row | {"status": "closed", "version": row["version"] + 1}))


def _told(row: dict[str, Any]) -> OrgUnitChanged:
    return OrgUnitChanged(
        subject=row["id"],
        version=row["version"],
        distributor_id=None,
        parent_id=row["parent_id"],
        status=row["status"],
    )


def _in_use() -> Conflict:
    return Conflict(
        "org_unit_in_use",
        en="Customers, people or other org units belong to it. Close it instead.",
        zh="该组织单元仍有客户、人员或下级单元，请改为关闭。",
    )
