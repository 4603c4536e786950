"""Reading what an import did, and what stays of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from customer_svc.contacts.tables import Contact
from customer_svc.customers.tables import Customer, CustomerChange
from customer_svc.identities.tables import Identity
from customer_svc.orders.tables import Order
from customer_svc.transfers import queries as imports
from customer_svc.transfers.domain import PART
from customer_svc.transfers.tables import Import, ImportEffect, ImportUndo, KeptRecord
from customer_svc.undos.domain import REASONS, Change, Touched
from customer_svc.undos.schemas import KeptQuery
from shared.auth import Principal
from shared.db import Reader, Tx, prepare
from shared.http import Listing
from shared.operations.tables import Operation
from shared.problems import not_found
from shared.sealing import Sealer
from shared.sheets.listing import listed

_i: Any = Import.__table__  # type: ignore[attr-defined]
_u: Any = ImportUndo.__table__  # type: ignore[attr-defined]
_e: Any = ImportEffect.__table__  # type: ignore[attr-defined]
_k: Any = KeptRecord.__table__  # type: ignore[attr-defined]
_c: Any = Customer.__table__  # type: ignore[attr-defined]
_h: Any = CustomerChange.__table__  # type: ignore[attr-defined]
_absorbed = _c.alias("absorbed")
_contact: Any = Contact.__table__  # type: ignore[attr-defined]
_identity: Any = Identity.__table__  # type: ignore[attr-defined]
_order: Any = Order.__table__  # type: ignore[attr-defined]
_o: Any = Operation.__table__  # type: ignore[attr-defined]
_undoing = _o.alias("undoing")
_mine: Any = bindparam("b_import_id", type_=Uuid)
_ids: Any = bindparam("ids", type_=ARRAY(Uuid))
_IMPORT = prepare(
    select(
        _i,
        func.coalesce(_o.c.status, _i.c.outcome, "failed").label("status"),
        _u.c.undone_at,
        _undoing.c.status.label("undo_status"),
    )
    .select_from(
        _i.outerjoin(_o, _o.c.id == _i.c.id)
        .outerjoin(_u, _u.c.import_id == _i.c.id)
        .outerjoin(_undoing, _undoing.c.id == _u.c.operation_id)
    )
    .where(_i.c.id == _mine)
    .with_for_update(of=_i)
)
_UNDO = prepare(select(_u, _i.c.entity).join(_i, _i.c.id == _u.c.import_id).where(_u.c.import_id == _mine))
_own = (_e.c.import_id == _mine) & (_e.c.kind != PART)
_COUNT = prepare(select(func.count(_e.c.record_id.distinct())).where(_own))
_NEXT = prepare(
    select(
        _e.c.record_id,
        _e.c.kind,
        func.array_agg(aggregate_order_by(_e.c.version, _e.c.version)).label("versions"),
        func.min(_e.c.line).label("line"),
    )
    .where(
        _own,
        or_(
            bindparam("b_position", type_=Uuid).is_(None),
            _e.c.record_id < bindparam("b_position", type_=Uuid),
        ),
    )
    .group_by(_e.c.record_id, _e.c.kind)
    .order_by(_e.c.record_id.desc())
    .limit(bindparam("most", type_=Integer))
)
_MADE = prepare(
    select(_e.c.record_id).where(_e.c.import_id == _mine, _e.c.record_id == any_(_ids), _e.c.version == 1)
)


def _of_others(table: Any, *ways: Any) -> Any:
    """There is a row of this customer that the import did not make, or that is not as it made it."""
    made = exists(select(_e.c.record_id).where(_e.c.import_id == _mine, _e.c.record_id == table.c.id))
    return exists(select(table.c.id).where(table.c.customer_id == _c.c.id, or_(~made, *ways)))


_IN_USE = prepare(
    select(_c.c.id).where(
        _c.c.id == any_(_ids),
        or_(
            _of_others(_contact, _contact.c.version > 1),
            _of_others(_identity, _identity.c.verified),
            exists(select(_absorbed.c.id).where(_absorbed.c.merged_into == _c.c.id)),
            exists(select(_order.c.id).where(_order.c.customer_id == _c.c.id, _order.c.voided_at.is_(None))),
        ),
    )
)
_given = (
    func.unnest(_ids, bindparam("versions", type_=ARRAY(Integer)))
    .table_valued("id", "version", name="given")
    .render_derived()
)
_CHANGES = prepare(
    select(_h.c.customer_id, _h.c.field, _h.c.old, _h.c.new)
    .join(_given, (_h.c.customer_id == _given.c.id) & (_h.c.version == _given.c.version))
    .order_by(_h.c.customer_id, _h.c.version.desc(), _h.c.id)
)
_KEPT = prepare(select(_k).where(_k.c.import_id == _mine).order_by(_k.c.line, _k.c.id))
_KEPT_LIST = Listing(
    select(_k),
    key=_k.c.id,
    sorts={"line": _k.c.line},
    default="line",
    filters={"code": lambda code: _k.c.code == code, "kind": lambda kind: _k.c.kind == kind},
)


async def import_for_update(tx: Tx, import_id: UUID, caller: Principal) -> dict[str, Any]:
    """One import of the caller's, locked, with how far it and its undoing are; NotFound otherwise."""
    await imports.visible(tx, import_id, caller)
    row = await tx.row(_IMPORT, b_import_id=import_id)
    if row is None:
        raise not_found("import", "导入")
    return dict(row)


async def undo(db: Reader, import_id: UUID) -> dict[str, Any]:
    """How far the undoing of an import is, for the work itself."""
    row = await db.row(_UNDO, b_import_id=import_id)
    if row is None:
        raise not_found("import", "导入")
    return dict(row)


async def touched(db: Reader, import_id: UUID) -> int:
    """How many records an import made or changed."""
    return int(await db.value(_COUNT, b_import_id=import_id))


async def next_touched(db: Reader, entry: Mapping[str, Any], most: int) -> list[Touched]:
    """The next records to be judged: those that were made last come first."""
    rows = await db.rows(_NEXT, b_import_id=entry["import_id"], b_position=entry["position"], most=most)
    return [Touched(**{**row, "versions": tuple(row["versions"])}) for row in rows]


async def made_by(db: Reader, import_id: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these records the import made."""
    rows = await db.rows(_MADE, b_import_id=import_id, ids=sorted(ids))
    return frozenset(row["record_id"] for row in rows)


async def customers_in_use(db: Reader, import_id: UUID, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these have orders, absorbed another one, or have parts that the import did not leave so."""
    rows = await db.rows(_IN_USE, b_import_id=import_id, ids=sorted(ids))
    return frozenset(row["id"] for row in rows)


async def changes(db: Reader, records: Sequence[Touched]) -> dict[UUID, list[Change]]:
    """What these versions of customers changed, the newest first."""
    pairs = [(one.record_id, version) for one in records for version in one.versions]
    found: dict[UUID, list[Change]] = {}
    given = {"ids": [pair[0] for pair in pairs], "versions": [pair[1] for pair in pairs]}
    for row in await db.rows(_CHANGES, **given):
        found.setdefault(row["customer_id"], []).append(Change(row["field"], row["old"], row["new"]))
    return found


async def kept(
    db: Reader, import_id: UUID, query: KeptQuery, sealer: Sealer, *, caller: Principal, zh: bool
) -> dict[str, Any]:
    """One page of what stays of an import that is undone, in the order of its file."""
    await imports.visible(db, import_id, caller)
    page = await _KEPT_LIST.page(db, query, sealer, where=[_k.c.import_id == import_id])
    return {**page, "data": [_worded(row, zh=zh) for row in page["data"]]}


async def kept_file(db: Reader, import_id: UUID, *, caller: Principal, zh: bool) -> str:
    """The same, all of it, as CSV that a spreadsheet opens without running anything."""
    await imports.visible(db, import_id, caller)
    rows = await db.rows(_KEPT, b_import_id=import_id)
    return listed(
        ("line", "kind", "record_id", "field", "code", "reason"), (_worded(dict(row), zh=zh) for row in rows)
    )


def _worded(row: dict[str, Any], *, zh: bool) -> dict[str, Any]:
    return {**row, "reason": REASONS[row["code"]][1 if zh else 0]}
