"""Stages written down as they are entered and left; customers declared lost and taken back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from scoring_svc.columns import by_column, inserting
from scoring_svc.facts import due
from scoring_svc.lifecycle import queries
from scoring_svc.lifecycle.domain import Words, basis, has_moved, spoken
from scoring_svc.lifecycle.tables import LossDeclaration, StageRow
from shared.db import Tx, prepare
from shared.problems import Conflict, not_found
from shared.references import check_unmerged

_T: Any = StageRow.__table__  # type: ignore[attr-defined]
_D: Any = LossDeclaration.__table__  # type: ignore[attr-defined]
_ENTER = prepare(inserting(_T))
_LEAVE = prepare(update(_T).where(_T.c.customer_id == bindparam("b_customer"), _T.c.until.is_(None)), "until")
_DECLARE = prepare(insert(_D).returning(_D), *_D.c.keys())
_END = prepare(
    update(_D).where(_D.c.id == bindparam("b_id"), _D.c.ended_at.is_(None)).returning(_D),
    "ended_at",
    "ended_by",
)


async def note_stages(
    tx: Tx, scores: Sequence[Mapping[str, Any]], before: Mapping[UUID, Mapping[str, Any]]
) -> None:
    """Write down which customers entered another stage by these scores; who left, at once."""
    moved = [row for row in scores if has_moved(row, before.get(row["customer_id"]))]
    left = [row for row in moved if row["customer_id"] in before]
    if left:
        given = [{"b_customer": row["customer_id"], "until": row["stage_since"]} for row in left]
        await tx.run_many(_LEAVE, given)
    if moved:
        entered = [_entered(tx, row, before.get(row["customer_id"])) for row in moved]
        tx.run_last(_ENTER, **by_column(_T, entered))


def _entered(tx: Tx, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "customer_id": row["customer_id"],
        "stage": row["lifecycle_stage"],
        "from_stage": before["lifecycle_stage"] if before else None,
        "cause": row["stage_cause"],
        "since": row["stage_since"],
        "until": None,
        "basis": basis(row),
        "decided_at": tx.now,
    }


async def words(tx: Tx, customers: Sequence[UUID], before: Mapping[UUID, Mapping[str, Any]]) -> Words:
    """What people's words say of these customers; a word ends where its customer ordered since."""
    standing = await queries.declared(tx, customers)
    for row in standing:
        if row["ordered"]:
            await tx.run(_END, b_id=row["id"], ended_at=tx.now, ended_by=None)
    return spoken([dict(row) for row in standing], before)


async def declare(tx: Tx, customer_id: UUID, *, reason: str, note: str | None, by: UUID) -> dict[str, Any]:
    """Declare a customer lost, and have it scored; raises NotFound, Moved, Conflict."""
    await check_unmerged(tx, customer_id)
    if not await queries.locked(tx, customer_id):
        raise not_found("customer", "客户")
    if await queries.declaration_for_update(tx, customer_id) is not None:
        raise Conflict("declared_already", en="This customer is declared lost.", zh="该客户已被宣告流失。")
    due.mark_due(tx, [customer_id])
    (row,) = await tx.rows(
        _DECLARE,
        id=tx.new_id(),
        customer_id=customer_id,
        reason=reason,
        note=note,
        declared_by=by,
        declared_at=tx.now,
        ended_at=None,
        ended_by=None,
    )
    return dict(row)


async def withdraw(tx: Tx, customer_id: UUID, *, by: UUID) -> dict[str, Any]:
    """Take the word back, and have the customer scored; raises NotFound, Moved, Conflict."""
    await check_unmerged(tx, customer_id)
    if not await queries.locked(tx, customer_id):
        raise not_found("customer", "客户")
    standing = await queries.declaration_for_update(tx, customer_id)
    if standing is None:
        raise Conflict("not_declared", en="Nobody declared this customer lost.", zh="该客户并未被宣告流失。")
    due.mark_due(tx, [customer_id])
    (row,) = await tx.rows(_END, b_id=standing["id"], ended_at=tx.now, ended_by=by)
    return dict(row)
