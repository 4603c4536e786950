"""Every SELECT over services, for reading and for loading to change."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select

from interaction_svc.processes import queries as processes
from interaction_svc.service_records.domain import Step, Steps
from interaction_svc.service_records.tables import ServiceMove, ServiceRecord, ServiceStep
from shared.db import Reader, Record, Tx, in_sight, in_sight_with, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

_T: Any = ServiceRecord.__table__  # type: ignore[attr-defined]
_S: Any = ServiceStep.__table__  # type: ignore[attr-defined]
_M: Any = ServiceMove.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_T, _T.c.assignee_id, _T.c.handler_id)
_STEP_COLUMNS = tuple(_S.c[field.name] for field in fields(Step))

_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_STEPS = prepare(
    select(*_STEP_COLUMNS)
    .where(_S.c.record_id == bindparam("b_id", type_=Uuid), in_sight_with(SIGHT, _T.c.id == _S.c.record_id))
    .order_by(_S.c.position)
)
_MOVES = prepare(
    select(_M)
    .where(_M.c.record_id == bindparam("b_id", type_=Uuid), in_sight_with(SIGHT, _T.c.id == _M.c.record_id))
    .order_by(_M.c.version)
)
_without_process = _T.c.process_id.is_(None)
_late = _T.c.due_at < func.now()
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"started_at": _T.c.started_at, "created_at": _T.c.created_at},
    default="-started_at",
    filters={
        "customer_id": kept_by(_T.c.customer_id),
        "phase": lambda v: _T.c.phase == v,
        "status": lambda v: _T.c.status == v,
        "assignee_id": lambda v: or_(_T.c.assignee_id == v, _T.c.handler_id == v),
        "process_id": lambda v: _T.c.process_id == v,
        "interaction_id": lambda v: _T.c.interaction_id == v,
        "complaint_id": lambda v: _T.c.complaint_id == v,
        "overdue": lambda v: _late if v else _late.isnot(True),  # noqa: FBT003 - SQL's IS NOT TRUE
        "occurred_at_gte": lambda v: _without_process & (_T.c.started_at >= v),
        "occurred_at_lt": lambda v: _without_process & (_T.c.started_at < v),
        "started_at_gte": lambda v: _T.c.started_at >= v,
        "started_at_lt": lambda v: _T.c.started_at < v,
    },
)


async def record(reader: Reader, record_id: UUID) -> dict[str, Any]:
    """One service in sight with its steps, or 404."""
    row = dict(_found(await reader.row(_ONE, b_id=record_id, **sight(reader.scope))))
    steps = await steps_of(reader, record_id)
    return whole(row, steps, await definition(reader, row))


async def record_to_move(tx: Tx, record_id: UUID) -> dict[str, Any]:
    """One service in sight, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=record_id, **sight(tx.scope))))


async def steps_of(reader: Reader, record_id: UUID) -> Steps:
    """The steps of a service in sight, in their order."""
    rows = await reader.rows(_STEPS, b_id=record_id, **sight(reader.scope))
    return tuple(Step(**row) for row in rows)


async def definition(reader: Reader, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps as the service's version of its process has them; none without a process."""
    if row["process_id"] is None:
        return []
    found: list[dict[str, Any]] = (
        await processes.version(reader, row["process_id"], row["process_version"])
    )["steps"]
    return found


async def history(reader: Reader, record_id: UUID) -> list[dict[str, Any]]:
    """Everything that was done to one service, oldest first, or 404."""
    rows = await reader.rows(_MOVES, b_id=record_id, **sight(reader.scope))
    if not rows:
        raise not_found("service record", "服务记录")
    return [dict(row) for row in rows]


async def records(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the services in sight, without their steps."""
    page = await _LIST.page(reader, query, sealer, where=visible(reader.scope, SIGHT))
    return {**page, "data": [shown(row) for row in page["data"]]}


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it is answered."""
    return {**row, "occurred_at": row["started_at"] if row["process_id"] is None else None}


def whole(row: Mapping[str, Any], steps: Steps, asked: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A row with its steps and what the process says of them, as it is answered."""
    told = [
        {**asdict(step), "name": each["name"], "fields": each["form"]}
        for step, each in zip(steps, asked, strict=True)
    ]
    return {**shown(row), "steps": told}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("service record", "服务记录")
    return row
