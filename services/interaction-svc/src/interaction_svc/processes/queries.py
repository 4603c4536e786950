"""Every SELECT over templates of service processes."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, select

from interaction_svc.processes.schemas import ServiceProcessQuery
from interaction_svc.processes.tables import ServiceProcess, ServiceProcessVersion
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T: Any = ServiceProcess.__table__  # type: ignore[attr-defined]
_V: Any = ServiceProcessVersion.__table__  # type: ignore[attr-defined]
_now = (_V.c.process_id == _T.c.id) & (_V.c.version == _T.c.version)
_columns = (
    _T.c.id,
    *(_V.c[name] for name in ("version", "name", "phase", "active", "steps", "changed_by", "changed_at")),
    _T.c.created_at,
)
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_one = select(*_columns).join(_V, _now).where(_this)
_ONE = prepare(_one)
# The template is locked before its version is read: else a version could be read that is none any more.
_LOCKED = prepare(select(_T.c.id).where(_this).with_for_update())
_HELD = prepare(select(_T.c.id).where(_this).with_for_update(read=True, key_share=True))
_VERSION = prepare(
    select(*_columns)
    .join(_V, _V.c.process_id == _T.c.id)
    .where(_this, _V.c.version == bindparam("b_version", type_=Integer))
)
_NAMES = prepare(
    select(_T.c.id, _V.c.name, _V.c.phase)
    .join(_V, _now)
    .where(_T.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)
_LIST = Listing(
    select(*_columns).join(_V, _now),
    key=_T.c.id,
    sorts={"created_at": _T.c.created_at},
    default="-created_at",
    filters={"phase": lambda v: _V.c.phase == v, "active": lambda v: _V.c.active == v},
)


async def process(reader: Reader, process_id: UUID) -> dict[str, Any]:
    """One template as it is now, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=process_id)))


async def version(reader: Reader, process_id: UUID, number: int) -> dict[str, Any]:
    """One template as it was in this version, or 404."""
    return dict(_found(await reader.row(_VERSION, b_id=process_id, b_version=number)))


async def process_to_change(tx: Tx, process_id: UUID) -> dict[str, Any]:
    """One template, locked until the transaction ends, or 404."""
    _found(await tx.row(_LOCKED, b_id=process_id))
    return await process(tx, process_id)


async def process_to_run(tx: Tx, process_id: UUID) -> dict[str, Any]:
    """One template, which nobody removes until the transaction ends, or 404."""
    _found(await tx.row(_HELD, b_id=process_id))
    return await process(tx, process_id)


async def named(reader: Reader, ids: Iterable[UUID]) -> Mapping[UUID, Record]:
    """What these templates are called now, and for which phase they are, by id."""
    return {row["id"]: row for row in await reader.rows(_NAMES, ids=sorted(ids))}


async def processes(reader: Reader, query: ServiceProcessQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all templates."""
    return await _LIST.page(reader, query, sealer)


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("service process", "服务流程")
    return row
