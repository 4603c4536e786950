"""Reading the archive of distributors."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, Uuid, any_, bindparam, cast, false, select
from sqlalchemy.dialects.postgresql import ARRAY as PG_ARRAY

from customer_svc.changes import HistoryQuery
from customer_svc.distributors.domain import unknown_distributor
from customer_svc.distributors.schemas import DistributorQuery
from customer_svc.distributors.tables import Distributor, DistributorChange
from customer_svc.regions import enclosing
from customer_svc.trees import Tree, TreeQuery
from shared.db import Reader, Scope, Sight, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t: Any = Distributor.__table__  # type: ignore[attr-defined]
_h: Any = DistributorChange.__table__  # type: ignore[attr-defined]
SIGHT = Sight(_t.c.id)
TREE = Tree(_t, "id", "code", "name", "status", "level", "parent_id", lock=0x7472_6565, narrowed=True)
_one = select(_t).where(_t.c.id == bindparam("b_id"), in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
# Locked against deletion, so that whoever refers to one of them in this transaction can.
_KNOWN = prepare(
    select(_t.c.id)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT))
    .order_by(_t.c.id)
    .with_for_update(read=True, key_share=True)
)
_BY_CODE = prepare(
    select(_t.c.code, _t.c.id).where(
        _t.c.code == any_(bindparam("codes", type_=ARRAY(String))), in_sight(SIGHT)
    )
)


def _equal(name: str) -> Any:
    return lambda value: _t.c[name] == value


def _holds(name: str, codes: list[str]) -> ColumnElement[bool]:
    """The list in this column holds one of the codes."""
    holds: ColumnElement[bool] = cast(_t.c[name], PG_ARRAY(String)).overlap(cast(codes, PG_ARRAY(String)))
    return holds


_PLAIN = ("code", "status", "onboarding_stage", "classification", "level", "region", "parent_id")
_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at, "name": _t.c.name},
    default="-created_at",
    filters={
        **{name: _equal(name) for name in _PLAIN},
        "territory": lambda code: _holds("territory", enclosing(code)),
        "product_line": lambda code: _holds("product_lines", [code]),
        "ancestor_id": TREE.descends_from,
    },
)
_HISTORY = Listing(
    select(_h),
    key=_h.c.id,
    sorts={"changed_at": _h.c.changed_at},
    default="-changed_at",
    filters={"field": lambda field: _h.c.field == field},
)


def veiled(scope: Scope, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without its parent, if that is out of sight: a partner never learns who stands above it."""
    parent_id = row["parent_id"]
    seen = parent_id is None or scope.reaches(parent_id)
    return dict(row) if seen else {**row, "parent_id": None}


async def distributor(db: Reader, distributor_id: UUID) -> dict[str, Any]:
    """One distributor; NotFound if there is none in sight."""
    row = await db.row(_ONE, b_id=distributor_id, **sight(db.scope))
    if row is None:
        raise not_found("distributor", "经销商")
    return veiled(db.scope, dict(row))


async def distributor_for_update(tx: Tx, distributor_id: UUID) -> dict[str, Any]:
    """One distributor with its parent, locked until the transaction ends."""
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


async def distributors(db: Reader, query: DistributorQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the archive; nobody is below a distributor out of sight."""
    asked = (place for place in (query.parent_id, query.ancestor_id) if place is not None)
    hidden = any(not db.scope.reaches(place) for place in asked)
    where = [*visible(db.scope, SIGHT), *([false()] if hidden else [])]
    page = await _LIST.page(db, query, sealer, where=where)
    return {**page, "data": [veiled(db.scope, row) for row in page["data"]]}


async def chosen(_db: Reader, query: DistributorQuery, _sealer: Sealer) -> list[ColumnElement[bool]]:
    """What the filters of the archive ask of a distributor."""
    return _LIST.conditions(query)


async def tree(db: Reader, distributor_id: UUID, query: TreeQuery) -> dict[str, Any]:
    """A distributor with those above and below it in sight; NotFound if it is not itself."""
    await distributor(db, distributor_id)
    found = {"path": await TREE.path(db, distributor_id), **await TREE.below(db, distributor_id, query)}
    shown = {name: [veiled(db.scope, place) for place in found[name]] for name in ("path", "nodes")}
    return {**found, **shown}


async def history(db: Reader, distributor_id: UUID, query: HistoryQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of what changed, newest first; for a partner without moves in the tree and without notes."""
    await distributor(db, distributor_id)
    partner = db.scope.distributors is not None
    where = [_h.c.distributor_id == distributor_id, *([_h.c.field != "parent_id"] if partner else [])]
    page = await _HISTORY.page(db, query, sealer, where=where)
    return {**page, "data": [{**row, "note": None} if partner else row for row in page["data"]]}
