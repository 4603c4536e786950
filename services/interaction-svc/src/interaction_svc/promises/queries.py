"""Every SELECT over promises, for reading and for loading to change."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select, text

from interaction_svc.promises.tables import Promise, PromiseStep
from shared.db import Reader, Record, Tx, in_sight, in_sight_with, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

_T = Promise.__table__  # type: ignore[attr-defined]
_S = PromiseStep.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_T, _T.c.promised_by)
_UNSETTLED = ("open", "broken")

_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
# As text, not as an argument: a generic plan can use the partial index only if it sees the value.
_OVERDUE = prepare(
    select(_T)
    .where(text("promise.status = 'open'"), _T.c.due_at <= bindparam("b_now"))
    .order_by(_T.c.due_at)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_STEPS = prepare(
    select(_S)
    .where(_S.c.promise_id == bindparam("b_id", type_=Uuid), in_sight_with(SIGHT, _T.c.id == _S.c.promise_id))
    .order_by(_S.c.version)
)
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"due_at": _T.c.due_at, "created_at": _T.c.created_at},
    default="due_at",
    filters={
        "customer_id": kept_by(_T.c.customer_id),
        "interaction_id": lambda v: _T.c.interaction_id == v,
        "complaint_id": lambda v: _T.c.complaint_id == v,
        "promised_by": lambda v: _T.c.promised_by == v,
        "status": lambda v: _T.c.status == v,
        "unsettled": lambda v: _T.c.status.in_(_UNSETTLED) if v else _T.c.status.not_in(_UNSETTLED),
        "due_at_gte": lambda v: _T.c.due_at >= v,
        "due_at_lt": lambda v: _T.c.due_at < v,
    },
)


async def promise(reader: Reader, promise_id: UUID) -> dict[str, Any]:
    """One promise in sight, or 404."""
    return shown(dict(_found(await reader.row(_ONE, b_id=promise_id, **sight(reader.scope)))))


async def promise_to_change(tx: Tx, promise_id: UUID) -> dict[str, Any]:
    """One promise in sight, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=promise_id, **sight(tx.scope))))


async def steps(reader: Reader, promise_id: UUID) -> list[dict[str, Any]]:
    """The history of one promise, oldest first, or 404."""
    rows = await reader.rows(_STEPS, b_id=promise_id, **sight(reader.scope))
    if not rows:
        raise not_found("promise", "承诺")
    return [dict(row) for row in rows]


async def overdue(tx: Tx, *, most: int) -> list[dict[str, Any]]:
    """Up to `most` open promises whose deadline has passed, locked; what others hold is left out."""
    return [dict(row) for row in await tx.rows(_OVERDUE, b_now=tx.now, b_most=most)]


async def promises(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the promises in sight."""
    page = await _LIST.page(reader, query, sealer, where=visible(reader.scope, SIGHT))
    return {**page, "data": [shown(row) for row in page["data"]]}


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is answered."""
    return {**row, "late": row["broken_at"] is not None}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("promise", "承诺")
    return row
