"""Reading views: everybody sees their own, and staff what is shared."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select

from customer_svc.views.schemas import ViewQuery
from customer_svc.views.tables import SavedView
from shared.db import Reader, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t: Any = SavedView.__table__  # type: ignore[attr-defined]
_one = select(_t).where(
    _t.c.id == bindparam("b_id"), or_(_t.c.shared, _t.c.owner_id == bindparam("b_owner", type_=Uuid))
)
_ONE = prepare(_one)
_OWN_FOR_UPDATE = prepare(
    select(_t)
    .where(_t.c.id == bindparam("b_id"), _t.c.owner_id == bindparam("b_owner", type_=Uuid))
    .with_for_update()
)
_HOW_MANY = prepare(
    select(func.count()).select_from(_t).where(_t.c.owner_id == bindparam("b_owner", type_=Uuid))
)
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"name": _t.c.name, "created_at": _t.c.created_at},
    default="name",
    filters={
        "entity": lambda entity: _t.c.entity == entity,
        "shared": lambda shared: _t.c.shared == shared,
        "owner_id": lambda owner: _t.c.owner_id == owner,
    },
)


async def view(db: Reader, view_id: UUID, *, by: UUID) -> dict[str, Any]:
    """One view; NotFound if there is none that this person sees."""
    row = await db.row(_ONE, b_id=view_id, b_owner=by)
    if row is None:
        raise not_found("view", "视图")
    return dict(row)


async def own_for_update(tx: Tx, view_id: UUID, *, by: UUID) -> dict[str, Any]:
    """One of this person's own views, locked until the transaction ends; NotFound if it is not theirs."""
    row = await tx.row(_OWN_FOR_UPDATE, b_id=view_id, b_owner=by)
    if row is None:
        raise not_found("view", "视图")
    return dict(row)


async def how_many(db: Reader, *, by: UUID) -> int:
    """How many views this person keeps."""
    count: int = await db.value(_HOW_MANY, b_owner=by)
    return count


async def views(db: Reader, query: ViewQuery, sealer: Sealer, *, by: UUID) -> dict[str, Any]:
    """One page of the views that this person sees."""
    return await _LIST.page(db, query, sealer, where=[or_(_t.c.shared, _t.c.owner_id == by)])
