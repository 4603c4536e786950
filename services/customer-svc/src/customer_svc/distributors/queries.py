"""Reading the archive of distributors."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import aliased

from customer_svc.distributors.domain import unknown_distributor
from customer_svc.distributors.schemas import DistributorQuery
from customer_svc.distributors.tables import Distributor
from shared.db import Reader, Tx, prepare
from shared.db.sight import in_sight, sight
from shared.http import Listing, visible
from shared.problems import not_found
from shared.sealing import Sealer

_t = Distributor.__table__  # type: ignore[attr-defined]
_one = select(_t).where(_t.c.id == bindparam("b_id"), in_sight(_t.c.id))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
# Locked against deletion, so that whoever refers to one of them in this transaction can.
_KNOWN = prepare(
    select(_t.c.id)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(_t.c.id))
    .order_by(_t.c.id)
    .with_for_update(read=True, key_share=True)
)
_BY_CODE = prepare(
    select(_t.c.code, _t.c.id).where(
        _t.c.code == any_(bindparam("codes", type_=ARRAY(String))), in_sight(_t.c.id)
    )
)
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at, "name": _t.c.name},
    default="-created_at",
    filters={
        "code": lambda code: _t.c.code == code,
        "status": lambda status: _t.c.status == status,
        "classification": lambda value: _t.c.classification == value,
        "level": lambda level: _t.c.level == level,
        "region": lambda region: _t.c.region == region,
        "parent_id": lambda parent: _t.c.parent_id == parent,
    },
)
_up = (
    select(_t.c.id, _t.c.parent_id)
    .where(_t.c.id == bindparam("b_start", type_=Uuid))
    .cte("up", recursive=True)
)
_above = aliased(_t, name="above")
_ANCESTORS = prepare(
    select(
        func.array_agg(
            _up.union(select(_above.c.id, _above.c.parent_id).where(_above.c.id == _up.c.parent_id)).c.id
        )
    )
)


async def distributor(db: Reader, distributor_id: UUID) -> dict[str, Any]:
    """One distributor; NotFound if there is none in sight."""
    row = await db.row(_ONE, b_id=distributor_id, **sight(db.scope))
    if row is None:
        raise not_found("distributor", "经销商")
    return dict(row)


async def distributor_for_update(tx: Tx, distributor_id: UUID) -> dict[str, Any]:
    """One distributor, locked until the transaction ends."""
    row = await tx.row(_ONE_FOR_UPDATE, b_id=distributor_id, **sight(tx.scope))
    if row is None:
        raise not_found("distributor", "经销商")
    return dict(row)


async def known(db: Reader, ids: Iterable[UUID | None]) -> frozenset[UUID]:
    """Which of these distributors exist in sight; in a transaction they then stay until it ends."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return frozenset()
    return frozenset(row["id"] for row in await db.rows(_KNOWN, ids=wanted, **sight(db.scope)))


async def require(db: Reader, distributor_id: UUID | None, pointer: str = "/distributor_id") -> None:
    """Raise Invalid unless the distributor, if any, exists in sight."""
    if distributor_id is not None and not await known(db, [distributor_id]):
        raise unknown_distributor(pointer)


async def ids_by_code(db: Reader, codes: Iterable[str]) -> dict[str, UUID]:
    """The ids of the distributors in sight that have these codes."""
    wanted = sorted(set(codes))
    rows = await db.rows(_BY_CODE, codes=wanted, **sight(db.scope)) if wanted else []
    return {row["code"]: row["id"] for row in rows}


async def ancestors(db: Reader, distributor_id: UUID) -> frozenset[UUID]:
    """The distributor itself and everyone above it."""
    return frozenset(await db.value(_ANCESTORS, b_start=distributor_id) or ())


async def distributors(db: Reader, query: DistributorQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the archive."""
    return await _LIST.page(db, query, sealer, where=visible(db.scope, _t.c.id))
