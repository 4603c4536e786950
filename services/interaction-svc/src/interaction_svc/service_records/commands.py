"""Every change of a service: beginning it, its steps, its end, and what the customer says of it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from interaction_svc.complaints.occasions import check_occasion
from interaction_svc.customers.queries import standings
from interaction_svc.processes import queries as processes
from interaction_svc.service_records import domain, queries
from interaction_svc.service_records.changes import RATING, Change, Course, How, rated
from interaction_svc.service_records.domain import Deed
from interaction_svc.service_records.schemas import ServiceRecordCreate
from interaction_svc.service_records.tables import ServiceMove, ServiceRecord, ServiceStep
from interaction_svc.sla.clock import WALL
from interaction_svc.sla.queries import rules
from shared.db import Tx, prepare
from shared.events.interaction import ServiceRated, ServiceRecorded
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, Invalid, NotFound
from shared.references import recorded_for

_T: Any = ServiceRecord.__table__  # type: ignore[attr-defined]
_S: Any = ServiceStep.__table__  # type: ignore[attr-defined]
_M: Any = ServiceMove.__table__  # type: ignore[attr-defined]
_CHANGING = ("status", "handler_id", "step_code", "due_at", "finished_at", "reason", "version", "updated_at")
_COLUMNS = tuple(column.key for column in _S.c)
_KEPT = {"record_id", "position", "code", "role", "expected_minutes"}

_BEGIN = prepare(insert(_T).returning(_T.c.customer_id, _T.c.distributor_id, _T.c.origin_id), *_T.c.keys())
_SAVE = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *_CHANGING,
    *RATING,
)
_PLAN = prepare(insert(_S), *_S.c.keys())
_MOVE_ON = prepare(
    update(_S).where(
        _S.c.record_id == bindparam("b_id", type_=Uuid),
        _S.c.position == bindparam("b_position", type_=Integer),
    ),
    *(name for name in _COLUMNS if name not in _KEPT),
)
_REMEMBER = prepare(insert(_M), *_M.c.keys())


async def begin(
    tx: Tx, body: ServiceRecordCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Start a service by a process, or record one that took place. Raises Invalid, Conflict."""
    domain.check_kind(body.model_dump())
    await check_occasion(
        tx, body.customer_id, interaction_id=body.interaction_id, complaint_id=body.complaint_id
    )
    standing = (await standings(tx, [body.customer_id])).get(body.customer_id)
    row = {
        **dict.fromkeys(_T.c.keys()),
        **body.model_dump(include={"customer_id", "interaction_id", "complaint_id", "content", "process_id"}),
        "id": tx.new_id(),
        "distributor_id": distributor_id,
        "org_unit_id": None if standing is None else standing.org_unit_id,
        "created_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    if body.process_id is None:
        return await _record(tx, {**row, **_took_place(tx, body, by=by)}, by=by)
    process = await _running_by(tx, body.process_id)
    return await _run(tx, {**row, "assignee_id": body.assignee_id}, process, by=by)


async def move(tx: Tx, record_id: UUID, how: How, *, by: UUID, expected: int | None) -> dict[str, Any]:
    """Change a service by one verb. Raises NotFound, Stale, Conflict, and Invalid for a wrong form."""
    row = await queries.record_to_move(tx, record_id)
    check_version(expected, row["version"])
    steps = await queries.steps_of(tx, record_id)
    course = Course(row, steps, await queries.definition(tx, row), await _deed(tx, row, by))
    change = await how(course)
    async with tx.handing_over():  # to a step's assignee, perhaps out of the caller's sight
        return await _save(tx, course, change)


async def _running_by(tx: Tx, process_id: UUID) -> dict[str, Any]:
    try:
        process = await processes.process_to_run(tx, process_id)
    except NotFound:
        raise Invalid.at(
            "/process_id", "process_unknown", en="is no service process", zh="没有这个服务流程"
        ) from None
    if not process["active"]:
        raise Conflict(
            "process_inactive", en="No service is started by this process any more.", zh="该服务流程已停用。"
        )
    return process


async def _run(tx: Tx, row: dict[str, Any], process: dict[str, Any], *, by: UUID) -> dict[str, Any]:
    deed = await _deed(tx, row, by)
    steps = domain.planned(process["steps"], deed)
    first = steps[0]
    row |= {
        "phase": process["phase"],
        "process_version": process["version"],
        "status": "running",
        "step_code": first.code,
        "due_at": first.due_at,
        "started_at": tx.now,
    }
    row |= dict(await tx.row(_BEGIN, **row) or {})
    await tx.run_many(_PLAN, [{**asdict(step), "record_id": row["id"]} for step in steps])
    await _remember(tx, row, Change("begin", steps, {}, assignee_id=row["assignee_id"]), by=by)
    return queries.whole(row, steps, process["steps"])


async def _record(tx: Tx, row: dict[str, Any], *, by: UUID) -> dict[str, Any]:
    row |= dict(await tx.row(_BEGIN, **row) or {})
    await _remember(tx, row, Change("record", (), {}, assignee_id=row["assignee_id"]), by=by)
    _tell_done(tx, row)
    if row["rating"] is not None:
        _tell_rated(tx, row)
    return queries.whole(row, (), ())


def _took_place(tx: Tx, body: ServiceRecordCreate, *, by: UUID) -> dict[str, Any]:
    at = body.occurred_at
    if at is None:
        raise ValueError("what is recorded took place at some time")
    domain.check_happened(at, now=tx.now)
    said = {} if body.rating is None else rated(body.rating, body.rating_comment, Deed(by, tx.now, WALL))
    return {
        "phase": body.phase,
        "status": "done",
        "assignee_id": body.staff_id or by,
        "started_at": at,
        "finished_at": at,
        **said,
    }


async def _deed(tx: Tx, row: dict[str, Any], by: UUID) -> Deed:
    """Never before the last change: who waited for it began earlier than it was made."""
    at = max(tx.now, row["updated_at"])
    return Deed(by, at, (await rules(tx)).office(row["org_unit_id"]))


async def _save(tx: Tx, course: Course, change: Change) -> dict[str, Any]:
    before, at = course.row, course.deed.at
    row = {**before, **change.fields, "version": before["version"] + 1, "updated_at": at}
    turn = domain.current(change.steps) if row["status"] == "running" else None
    row |= {"step_code": turn.code, "due_at": turn.due_at} if turn else {"step_code": None, "due_at": None}
    if row["status"] == "running" and turn is None:
        row |= {"status": "done", "finished_at": at}
    await tx.run(_SAVE, b_id=row["id"], b_version=before["version"], **row)
    moved = [now for was, now in zip(course.steps, change.steps, strict=True) if now != was]
    await tx.run_many(
        _MOVE_ON, [{**asdict(step), "b_id": row["id"], "b_position": step.position} for step in moved]
    )
    await _remember(tx, row, change, by=course.deed.by)
    if row["status"] == "done" and before["status"] == "running":
        _tell_done(tx, row)
    if change.verb == "rate":
        _tell_rated(tx, row)
    return queries.whole(row, change.steps, course.asked)


async def _remember(tx: Tx, row: dict[str, Any], change: Change, *, by: UUID) -> None:
    await tx.run(
        _REMEMBER,
        id=tx.new_id(),
        record_id=row["id"],
        version=row["version"],
        verb=change.verb,
        step_code=change.step_code,
        status=row["status"],
        assignee_id=change.assignee_id,
        note=change.note,
        done_by=by,
        done_at=row["updated_at"],
    )


def _tell_done(tx: Tx, row: dict[str, Any]) -> None:
    outbox.record(tx, ServiceRecorded(**_told(row)))


def _tell_rated(tx: Tx, row: dict[str, Any]) -> None:
    outbox.record(tx, ServiceRated(**_told(row)))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    same = ("version", "distributor_id", "phase", "process_id", "rating", "started_at", "finished_at")
    return {
        **{name: row[name] for name in same},
        "subject": row["id"],
        "customer_id": recorded_for(row),
    }
