"""Reading exports."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Uuid, any_, bindparam, case, func, or_, select

from customer_svc.customers import queries as customers
from customer_svc.customers.tables import Customer
from customer_svc.distributors.tables import Distributor
from customer_svc.exports.schemas import ExportQuery
from customer_svc.exports.tables import Export
from shared.auth import Principal
from shared.db import Reader, in_sight, prepare, sight
from shared.http import Listing
from shared.operations.tables import Operation
from shared.problems import Conflict, not_found
from shared.sealing import Sealer

_SEES_ALL = "operations:all"
_t: Any = Export.__table__  # type: ignore[attr-defined]
_c: Any = Customer.__table__  # type: ignore[attr-defined]
_d: Any = Distributor.__table__  # type: ignore[attr-defined]
_o: Any = Operation.__table__  # type: ignore[attr-defined]
_over = case((_t.c.rows.is_(None), "failed"), else_="succeeded")
_READ = select(_t, func.coalesce(_o.c.status, _over).label("status")).select_from(
    _t.outerjoin(_o, _o.c.id == _t.c.id)
)
_ONE = prepare(
    _READ.where(
        _t.c.id == bindparam("b_id"),
        or_(_t.c.created_by == bindparam("caller", type_=Uuid), bindparam("sees_all", type_=Boolean)),
    )
)
_WHOLE = prepare(select(_t).where(_t.c.id == bindparam("b_id")))
_NAMES = prepare(
    select(
        _c.c.id,
        _c.c.code.label("customer_code"),
        _c.c.name.label("customer_name"),
        _d.c.code.label("distributor_code"),
    )
    .select_from(_c.outerjoin(_d, _d.c.id == _c.c.distributor_id))
    .where(_c.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.SIGHT))
)
_LIST = Listing(
    _READ,
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at},
    default="-created_at",
    filters={"entity": lambda entity: _t.c.entity == entity, "format": lambda form: _t.c.format == form},
)


async def names(db: Reader, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """`customer_code`, `customer_name` and `distributor_code` of each of these customers in sight."""
    rows = await db.rows(_NAMES, ids=sorted(ids), **sight(db.scope))
    return {row["id"]: dict(row) for row in rows}


async def whole(db: Reader, export_id: UUID) -> dict[str, Any]:
    """Everything about an export, for the work itself."""
    row = await db.row(_WHOLE, b_id=export_id)
    if row is None:
        raise not_found("export", "导出")
    return dict(row)


async def export(db: Reader, export_id: UUID, caller: Principal) -> dict[str, Any]:
    """One export of the caller's, or anybody's for an administrator; NotFound otherwise."""
    row = await db.row(_ONE, b_id=export_id, caller=caller.id, sees_all=caller.may(_SEES_ALL))
    if row is None:
        raise not_found("export", "导出")
    return dict(row)


async def file(db: Reader, export_id: UUID, caller: Principal) -> dict[str, Any]:
    """As `export`, of one whose file is there; Conflict before that, NotFound when it is no longer."""
    row = await export(db, export_id, caller)
    if row["upload_id"] is not None:
        return row
    if row["status"] in ("queued", "running"):
        raise Conflict("export_not_ready", en="The file is not ready yet.", zh="文件尚未生成。")
    raise not_found("file", "文件")


async def exports(db: Reader, query: ExportQuery, sealer: Sealer, caller: Principal) -> dict[str, Any]:
    """One page of the caller's exports, or of everybody's for an administrator."""
    mine = [] if caller.may(_SEES_ALL) else [_t.c.created_by == caller.id]
    return await _LIST.page(db, query, sealer, where=mine)
