"""Reading imports and their errors."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Uuid, bindparam, case, func, literal, or_, select

from customer_svc.transfers.headings import applied
from customer_svc.transfers.schemas import FaultQuery, ImportQuery
from customer_svc.transfers.tables import Import, ImportFault, ImportUndo
from shared.auth import Principal
from shared.db import Reader, Record, prepare
from shared.http import Listing
from shared.operations.tables import Operation
from shared.problems import not_found
from shared.sealing import Sealer
from shared.sheets.listing import listed
from shared.sheets.unpacking import WORKBOOK

_t: Any = Import.__table__  # type: ignore[attr-defined]
_f: Any = ImportFault.__table__  # type: ignore[attr-defined]
_o: Any = Operation.__table__  # type: ignore[attr-defined]
_u: Any = ImportUndo.__table__  # type: ignore[attr-defined]
_undoing = _o.alias("undoing")
_SEES_ALL = "operations:all"
_UNDO: Mapping[str, Any] = {
    **{name: _u.c[name] for name in ("operation_id", "total", "undone", "kept", "created_by", "created_at")},
    "undone_at": _u.c.undone_at,
    "status": func.coalesce(
        _undoing.c.status, case((_u.c.undone_at.is_not(None), literal("succeeded")), else_=literal("failed"))
    ),
}
_READ = select(
    _t.c.id,
    _t.c.entity,
    _t.c.dry_run,
    _t.c.size,
    case(
        (_t.c.encoding.is_(None), None), (_t.c.encoding == WORKBOOK, literal("xlsx")), else_=literal("csv")
    ).label("format"),
    case((_t.c.encoding == "utf-8-sig", "utf-8"), (_t.c.encoding == "gb18030", "gb18030")).label("encoding"),
    _t.c.sheet,
    _t.c.policy,
    _t.c.header.label("columns"),
    _t.c.mapping,
    _t.c.total,
    _t.c.done.label("read"),
    _t.c.created,
    _t.c.changed,
    _t.c.unchanged,
    _t.c.duplicate,
    _t.c.failed,
    _t.c.created_by,
    _t.c.created_at,
    _t.c.updated_at,
    _t.c.version,
    func.coalesce(_o.c.status, _t.c.outcome, "failed").label("status"),
    *(column.label(f"undo_{name}") for name, column in _UNDO.items()),
).select_from(
    _t.outerjoin(_o, _o.c.id == _t.c.id)
    .outerjoin(_u, _u.c.import_id == _t.c.id)
    .outerjoin(_undoing, _undoing.c.id == _u.c.operation_id)
)
_ONE = prepare(
    _READ.where(
        _t.c.id == bindparam("b_id"),
        or_(_t.c.created_by == bindparam("caller", type_=Uuid), bindparam("sees_all", type_=Boolean)),
    )
)
_WHOLE = prepare(select(_t).where(_t.c.id == bindparam("b_id")))
_LEFT_OPEN = prepare(
    select(_t, func.coalesce(_o.c.status, "failed").label("ended"))
    .select_from(_t.outerjoin(_o, _o.c.id == _t.c.id))
    .where(_t.c.outcome.is_(None), or_(_o.c.id.is_(None), _o.c.finished_at.is_not(None)))
    .limit(100)
)
_FAULTS = prepare(select(_f).where(_f.c.import_id == bindparam("b_import_id")).order_by(_f.c.line, _f.c.id))
_LIST = Listing(
    _READ,
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at},
    default="-created_at",
    filters={
        "entity": lambda entity: _t.c.entity == entity,
        "dry_run": _t.c.dry_run.is_,
    },
)
_FAULT_LIST = Listing(
    select(_f),
    key=_f.c.id,
    sorts={"line": _f.c.line},
    default="line",
    filters={"code": lambda code: _f.c.code == code, "field": lambda field: _f.c.field == field},
)


async def whole(db: Reader, import_id: UUID) -> dict[str, Any]:
    """Everything about an import, for the work itself."""
    row = await db.row(_WHOLE, b_id=import_id)
    if row is None:
        raise not_found("import", "导入")
    return dict(row)


async def left_open(db: Reader) -> list[dict[str, Any]]:
    """Imports whose operation is over while nobody wrote their end down; `ended` says how."""
    return [dict(row) for row in await db.rows(_LEFT_OPEN)]


async def visible(db: Reader, import_id: UUID, caller: Principal) -> Record:
    """One import of the caller's, or anybody's for an administrator; NotFound otherwise."""
    row = await db.row(_ONE, b_id=import_id, caller=caller.id, sees_all=caller.may(_SEES_ALL))
    if row is None:
        raise not_found("import", "导入")
    return row


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """An import as it is read: with the mapping that is applied, and how far its undoing is."""
    columns = row["columns"]
    undo = {name: row[f"undo_{name}"] for name in _UNDO}
    mapping = columns and applied(row, columns)
    return {**row, "mapping": mapping, "undo": undo if undo["operation_id"] else None}


async def imports(db: Reader, query: ImportQuery, sealer: Sealer, caller: Principal) -> dict[str, Any]:
    """One page of the caller's imports, or of everybody's for an administrator."""
    mine = [] if caller.may(_SEES_ALL) else [_t.c.created_by == caller.id]
    page = await _LIST.page(db, query, sealer, where=mine)
    return {**page, "data": [shown(row) for row in page["data"]]}


async def faults(
    db: Reader, import_id: UUID, query: FaultQuery, sealer: Sealer, *, caller: Principal, zh: bool
) -> dict[str, Any]:
    """One page of what was refused, in the order of the file."""
    await visible(db, import_id, caller)
    page = await _FAULT_LIST.page(db, query, sealer, where=[_f.c.import_id == import_id])
    return {**page, "data": [_worded(row, zh=zh) for row in page["data"]]}


async def fault_file(db: Reader, import_id: UUID, *, caller: Principal, zh: bool) -> str:
    """All that was refused and kept, as CSV that a spreadsheet opens without running anything."""
    await visible(db, import_id, caller)
    rows = await db.rows(_FAULTS, b_import_id=import_id)
    return listed(
        ("line", "column", "field", "code", "kind", "reason"), (_worded(dict(row), zh=zh) for row in rows)
    )


def _worded(row: dict[str, Any], *, zh: bool) -> dict[str, Any]:
    return {**row, "reason": row["reason_zh"] if zh else row["reason"]}
