"""Every change of a complaint: opening, loading and each step of its course."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from interaction_svc.calendars import queries as calendars
from interaction_svc.complaints import domain, queries
from interaction_svc.complaints.domain import Case, Deed, Step
from interaction_svc.complaints.schemas import ComplaintCreate, ComplaintLoad
from interaction_svc.complaints.tables import Complaint, ComplaintStep
from interaction_svc.sla.clock import Clock, clock_of
from shared.db import Tx, prepare
from shared.events import interaction as events
from shared.http import check_version
from shared.jobs import JobContext
from shared.messaging import outbox

_T = Complaint.__table__  # type: ignore[attr-defined]
_S = ComplaintStep.__table__  # type: ignore[attr-defined]
_FIXED = {"id", "number", "customer_id", "origin_id", "distributor_id", "channel", "subject", "description"}
_FIXED |= {"opened_at", "created_by", "created_at", "words"}

_OPEN = prepare(insert(_T).returning(_T.c.customer_id), *_T.c.keys())
_SAVE = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *(name for name in _T.c.keys() if name not in _FIXED),  # noqa: SIM118 - a ColumnCollection iterates columns
)
_COUNT = prepare(update(_T).where(_T.c.id == bindparam("b_id", type_=Uuid)), "sla_due_at", "step_due_at")
_REMEMBER = prepare(insert(_S), *_S.c.keys())
_AT_ONCE = 500

Move = Callable[[Case, Deed], Step]
_ANNOUNCED: Mapping[str, Any] = {
    "open": events.ComplaintOpened,
    "assign": events.ComplaintAssigned,
    "resolve": events.ComplaintResolved,
    "close": events.ComplaintClosed,
    "reopen": events.ComplaintReopened,
    "mediate": events.ComplaintReopened,
    "wait": events.ComplaintPaused,
    "resume": events.ComplaintResumed,
    "escalate": events.ComplaintEscalated,
    "inform": events.ComplaintInformed,
}


async def open_complaint(
    tx: Tx, body: ComplaintCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Take a complaint in; its number is given here."""
    (serial,) = await queries.next_serials(tx, 1)
    deed = Deed(by, tx.now, clock=await _clock(tx))
    step = domain.opened(_facts(tx, body, distributor_id, serial, deed), deed)
    row = _row(step.case)
    keeper = await tx.value(_OPEN, **row)
    queries.TEXTS.keep_last(tx, row)
    await _remember(tx, [step])
    _announce(tx, step)
    return queries.shown(replace(step.case, customer_id=keeper), tx.now)


async def load_complaints(
    tx: Tx, bodies: Sequence[ComplaintLoad], *, distributors: Mapping[UUID, UUID | None], by: UUID
) -> list[UUID]:
    """Take in complaints of the past that were checked before; their ids in the same order.

    Their history and events carry the times of then; only the end of a past case is announced, not that it
    was assigned, so that nobody is reminded of what is long done.
    """
    serials = await queries.next_serials(tx, len(bodies))
    clock = await _clock(tx)
    courses = [
        _course(
            tx, body, distributors[body.customer], serial, Deed(by, body.opened_at or tx.now, clock=clock)
        )
        for body, serial in zip(bodies, serials, strict=True)
    ]
    rows = [_row(replace(course[-1].case, updated_at=tx.now)) for course in courses]
    await tx.run_many(_OPEN, rows)
    await queries.TEXTS.keep(tx, rows)
    await _remember(tx, [step for course in courses for step in course])
    for course in courses:
        past = course[-1].case.resolved_at is not None
        for step in course:
            if not (past and step.verb == "assign"):
                _announce(tx, step)
    return [course[0].case.id for course in courses]


async def move(
    tx: Tx, complaint_id: UUID, how: Move, *, by: UUID, note: str | None = None, expected: int | None = None
) -> dict[str, Any]:
    """Do one step of a complaint's course.

    Raises NotFound, Stale when `expected` is not the version, Conflict when the table of transitions or a
    guard forbids the step.
    """
    before = await queries.case_to_move(tx, complaint_id)
    check_version(expected, before.version)
    # Asked for behind the lock of the case: whoever counts anew after a change of the calendar waits for it.
    step = how(before, Deed(by, tx.now, note, await _clock(tx)))
    async with tx.handing_over():  # to somebody else, perhaps out of the caller's sight
        await tx.run(_SAVE, b_id=complaint_id, b_version=before.version, **asdict(step.case))
        await _remember(tx, [step])
    _announce(tx, step)
    return queries.shown(step.case, tx.now)


async def count_anew(job: JobContext, _: dict[str, Any]) -> None:
    """Move the deadlines of open cases to where the company's calendar puts them now."""
    after: UUID | None = None
    while True:
        async with job.begin() as tx:
            cases = await queries.open_cases(tx, after=after, most=_AT_ONCE)
            clock = await _clock(tx)
            moved = [domain.counted(case, clock) for case in cases]
            await tx.run_many(
                _COUNT,
                [
                    {"b_id": now.id, "sla_due_at": now.sla_due_at, "step_due_at": now.step_due_at}
                    for before, now in zip(cases, moved, strict=True)
                    if now != before
                ],
            )
        if len(cases) < _AT_ONCE:
            return
        after = cases[-1].id


def _row(case: Case) -> dict[str, Any]:
    """A new case as it is stored."""
    row = asdict(case)
    return {**row, "words": queries.TEXTS.words(row)}


async def _clock(tx: Tx) -> Clock:
    return clock_of(await calendars.of_company(tx))


def _facts(
    tx: Tx, body: ComplaintCreate, distributor_id: UUID | None, serial: int, deed: Deed
) -> dict[str, Any]:
    told = {"customer_id", "channel", "category", "severity", "subject", "description"}
    return {
        **body.model_dump(include=told),
        "id": tx.new_id(),
        "number": domain.number_of(serial, deed.at),
        "origin_id": None,
        "distributor_id": distributor_id,
    }


def _course(
    tx: Tx, body: ComplaintLoad, distributor_id: UUID | None, serial: int, opening: Deed
) -> list[Step]:
    by = opening.by
    course = [domain.opened(_facts(tx, body, distributor_id, serial, opening), opening)]
    owner_id = body.owner_id or (by if body.resolved_at else None)
    if owner_id is not None:
        course.append(domain.assign(course[-1].case, opening, owner_id))
    if body.resolved_at is not None and body.result is not None:
        course.append(domain.resolve(course[-1].case, replace(opening, at=body.resolved_at), body.result))
    if body.informed_at is not None:
        course.append(domain.inform(course[-1].case, replace(opening, at=body.informed_at), None))
    if body.closed_at is not None:
        course.append(
            domain.close(course[-1].case, replace(opening, at=body.closed_at, note="loaded as a past case"))
        )
    return course


async def _remember(tx: Tx, steps: Sequence[Step]) -> None:
    await tx.run_many(
        _REMEMBER,
        [
            {
                "id": tx.new_id(),
                "complaint_id": step.case.id,
                "customer_id": step.case.customer_id,
                "distributor_id": step.case.distributor_id,
                "version": step.case.version,
                "verb": step.verb,
                "from_status": step.source,
                "to_status": step.case.status,
                "owner_id": step.case.owner_id,
                "note": step.deed.note,
                "done_by": step.deed.by,
                "done_at": step.deed.at,
            }
            for step in steps
        ],
    )


def _announce(tx: Tx, step: Step) -> None:
    kind = _ANNOUNCED.get(step.verb)
    if kind is None:
        return
    case = step.case
    event = kind(
        subject=case.id,
        version=case.version,
        distributor_id=case.distributor_id,
        customer_id=case.origin_id or case.customer_id,
        owner_id=case.owner_id,
        category=case.category,
        severity=case.severity,
        opened_at=case.opened_at,
        resolved_at=case.resolved_at,
        closed_at=case.closed_at,
        **({"escalation_level": case.escalation_level} if step.verb == "escalate" else {}),
    )
    outbox.record(tx, event)
