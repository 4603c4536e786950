"""Changes of the archive of distributors."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError, UniqueViolationError
from sqlalchemy import bindparam, delete, insert, update

from customer_svc.changes import differences, notes
from customer_svc.distributors import domain, queries
from customer_svc.distributors.queries import TREE
from customer_svc.distributors.schemas import DistributorCreate, DistributorPatch, OnboardingMove
from customer_svc.distributors.tables import Distributor, DistributorChange
from shared.db import Tx, prepare
from shared.events.customer import DistributorChanged
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict

_t: Any = Distributor.__table__  # type: ignore[attr-defined]
_h: Any = DistributorChange.__table__  # type: ignore[attr-defined]
_FIXED = ("id", "code", "created_at")
_INSERT = prepare(insert(_t), *_t.c.keys())
_UPDATE = prepare(
    update(_t).where(_t.c.id == bindparam("b_id")),
    *(column.key for column in _t.c if column.key not in _FIXED),
)
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))
_NOTE = prepare(insert(_h), *_h.c.keys())


async def create_distributor(tx: Tx, wanted: DistributorCreate) -> dict[str, Any]:
    """Enter a distributor; Conflict if its code is taken, Invalid for an unknown parent."""
    await queries.require(tx, wanted.parent_id, "/parent_id")
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "onboarding_stage": domain.first_stage(wanted.status),
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
    tx: Tx, distributor_id: UUID, wanted: DistributorPatch, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Change fields; Stale if it is not the expected version, Invalid if the tree would close to a ring.

    Conflict for a status that does not fit the onboarding stage.
    """
    changes = wanted.changes()
    parent_id = changes.get("parent_id")
    if parent_id is not None:
        await TREE.lock(tx)
    row = await queries.distributor_for_update(tx, distributor_id)
    check_version(expected, row["version"])
    domain.check_status(row, changes)
    if parent_id is not None and parent_id != row["parent_id"]:
        await queries.require(tx, parent_id, "/parent_id")
        await TREE.refuse_ring(tx, distributor_id, parent_id)
    return await _altered(tx, row, changes, by=by)


async def move_onboarding(
    tx: Tx, distributor_id: UUID, move: OnboardingMove, expected: int | None, *, by: UUID
) -> dict[str, Any]:
    """Take the next step; Conflict if there is no such step at this stage."""
    row = await queries.distributor_for_update(tx, distributor_id)
    check_version(expected, row["version"])
    moved = domain.moved(row["onboarding_stage"], move.verb)
    return await _altered(tx, row, moved, by=by, note=move.note)


async def delete_distributor(tx: Tx, distributor_id: UUID, expected: int | None) -> None:
    """Remove a distributor that nothing refers to; Conflict if something does."""
    row = await queries.distributor_for_update(tx, distributor_id)
    check_version(expected, row["version"])
    try:
        await tx.run(_DELETE, b_id=distributor_id)
    except ForeignKeyViolationError:
        raise Conflict(
            "distributor_in_use",
            en="Customers, orders or other distributors belong to it. End it instead.",
            zh="该经销商仍有客户、订单或下级经销商，请改为终止。",
        ) from None
    outbox.record(tx, _told(row | {"status": "ended", "version": row["version"] + 1}))


async def _altered(
    tx: Tx, row: dict[str, Any], wanted: Mapping[str, Any], *, by: UUID, note: str | None = None
) -> dict[str, Any]:
    """Write the wanted fields of a locked distributor with their history; nothing happens if all are so."""
    changed = differences(row, wanted)
    if not changed:
        return row
    row = {**row, **wanted, "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_UPDATE, **row, b_id=row["id"])
    said = {"onboarding_stage": note}
    kept = (
        {**one, "distributor_id": row["id"], "note": said.get(one["field"])}
        for one in notes(tx, row["version"], changed, by=by)
    )
    await tx.run_many(_NOTE, kept)
    outbox.record(tx, _told(row))
    return row


def _told(row: Mapping[str, Any]) -> DistributorChanged:
    return DistributorChanged(
        subject=row["id"],
        version=row["version"],
        distributor_id=row["id"],
        parent_id=row["parent_id"],
        status=row["status"],
    )
