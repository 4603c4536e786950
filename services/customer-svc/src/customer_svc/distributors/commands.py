"""Changes of the archive of distributors."""

from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError, UniqueViolationError
from sqlalchemy import BigInteger, bindparam, delete, func, insert, select, update

from customer_svc.distributors import queries
from customer_svc.distributors.schemas import DistributorCreate, DistributorPatch
from customer_svc.distributors.tables import Distributor
from shared.db import Tx, prepare
from shared.events.customer import DistributorChanged
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, Invalid

_t = Distributor.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "code", "created_at")
_TREE_LOCK = 0x7472_6565
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))
_LOCK_TREE = prepare(select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger))))


def _told(row: dict[str, Any]) -> DistributorChanged:
    return DistributorChanged(
        subject=row["id"],
        version=row["version"],
        distributor_id=row["id"],
        parent_id=row["parent_id"],
        status=row["status"],
    )


async def create_distributor(tx: Tx, wanted: DistributorCreate) -> dict[str, Any]:
    """Enter a distributor; Conflict if the code is taken, Invalid for an unknown parent."""
    await queries.require(tx, wanted.parent_id, "/parent_id")
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise Conflict(
            "code_taken", en="There is such a distributor already.", zh="该经销商代码已存在。"
        ) from None
    outbox.record(tx, _told(row))
    return row


async def change_distributor(
    tx: Tx, distributor_id: UUID, wanted: DistributorPatch, expected: int | None
) -> dict[str, Any]:
    """Change fields; Stale if it is not the expected version, Invalid if the tree would close to a ring."""
    row = await queries.distributor_for_update(tx, distributor_id)
    check_version(expected, row["version"])
    changes = wanted.changes()
    if changes.get("parent_id") is not None:
        await _check_parent(tx, distributor_id, changes["parent_id"])
    row |= {**changes, "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_UPDATE, **row, b_id=distributor_id)
    outbox.record(tx, _told(row))
    return row


async def _check_parent(tx: Tx, distributor_id: UUID, parent_id: UUID) -> None:
    # Two moves at once could close a ring that neither of them sees.
    await tx.run(_LOCK_TREE, lock=_TREE_LOCK)
    await queries.require(tx, parent_id, "/parent_id")
    if distributor_id in await queries.ancestors(tx, parent_id):
        raise Invalid.at(
            "/parent_id", "parent_below", en="The parent stands below it.", zh="上级经销商位于其下级之中。"
        )


async def delete_distributor(tx: Tx, distributor_id: UUID, expected: int | None) -> None:
    """Remove a distributor that nothing refers to; Conflict if something does."""
    row = await queries.distributor_for_update(tx, distributor_id)
    check_version(expected, row["version"])
    try:
        await tx.run(_DELETE, b_id=distributor_id)
    except ForeignKeyViolationError:
        raise Conflict(
            "distributor_in_use",
            en="Customers, orders or other distributors belong to it. Set its status to ended instead.",
            zh="该经销商仍有客户、订单或下级经销商，请改为终止状态。",
        ) from None
    outbox.record(tx, _told(row | {"status": "ended", "version": row["version"] + 1}))
