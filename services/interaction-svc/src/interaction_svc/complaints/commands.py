"""Every change of a complaint: opening, loading and each step of its course."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from interaction_svc.attachments import naming, uses
from interaction_svc.attachments.naming import Files
from interaction_svc.clocks import commands as clocks
from interaction_svc.clocks.commands import Clocks
from interaction_svc.complaints import counting, domain, queries
from interaction_svc.complaints.counting import Case, Deed, Step
from interaction_svc.complaints.history import remember
from interaction_svc.complaints.schemas import ComplaintCreate, ComplaintLoad
from interaction_svc.complaints.tables import Complaint
from interaction_svc.customers.queries import Standing, standings
from interaction_svc.sla.domain import Rules
from interaction_svc.sla.queries import rules
from shared.db import Tx, prepare
from shared.events import complaint as events
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, NotFound, not_found

_T = Complaint.__table__  # type: ignore[attr-defined]
_FIXED = {"id", "number", "customer_id", "origin_id", "distributor_id", "channel", "subject", "description"}
_FIXED |= {"opened_at", "created_by", "created_at", "words", "attachments"}

_OPEN = prepare(insert(_T).returning(_T.c.customer_id), *_T.c.keys())
_SAVE = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *(name for name in _T.c.keys() if name not in _FIXED),  # noqa: SIM118 - a ColumnCollection iterates columns
)
_WATCH = prepare(update(_T).where(_T.c.id == bindparam("b_id", type_=Uuid)), "watcher_ids")
_MOST_WATCHERS = 50

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
    "merge": events.ComplaintMerged,
    "unmerge": events.ComplaintUnmerged,
}


class Known(NamedTuple):
    """What is known of the customers who complain, and what the files that are named are called."""

    distributors: Mapping[UUID, UUID | None]
    standings: Mapping[UUID, Standing]
    files: Files

    def of(self, body: ComplaintCreate) -> dict[str, Any]:
        """The part of the case that this decides."""
        standing = self.standings.get(body.customer, Standing(None, None))
        return {
            "distributor_id": self.distributors[body.customer],
            **standing._asdict(),
            "attachments": naming.stored(body.attachments, body.customer, self.files),
        }


async def open_complaint(
    tx: Tx, body: ComplaintCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Take a complaint in; its number is given here. Invalid for another's attachment."""
    files = await uses.taken(tx, [body])
    (serial,) = await queries.next_serials(tx, 1)
    deed = Deed(by, tx.now, rules=await rules(tx))
    known = Known({body.customer: distributor_id}, await standings(tx, [body.customer]), files)
    step = domain.opened(_facts(tx, body, serial, deed, known), deed)
    row = _row(step.case)
    keeper = await tx.value(_OPEN, **row)
    queries.TEXTS.keep_last(tx, row)
    await remember(tx, [step])
    await uses.refer(tx, [row])
    await clocks.keep(tx, [clocks_of(step.case, deed.rules)])
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
    held, found = await rules(tx), await standings(tx, {body.customer for body in bodies})
    known = Known(distributors, found, await uses.taken(tx, bodies))
    courses = [
        _course(tx, body, serial, Deed(by, body.opened_at or tx.now, rules=held), known)
        for body, serial in zip(bodies, serials, strict=True)
    ]
    rows = [_row(replace(course[-1].case, updated_at=tx.now)) for course in courses]
    await tx.run_many(_OPEN, rows)
    await queries.TEXTS.keep(tx, rows)
    await remember(tx, [step for course in courses for step in course])
    await uses.refer(tx, rows)
    await clocks.keep(tx, [clocks_of(course[-1].case, held) for course in courses], quietly=True)
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
    # Asked for behind the lock of the case: whoever counts anew after a change of the rules waits for it.
    step = how(before, Deed(by, tx.now, note, await rules(tx)))
    async with tx.handing_over():  # to somebody else, perhaps out of the caller's sight
        await _save(tx, before, step)
    return queries.shown(step.case, tx.now)


async def merge(
    tx: Tx, complaint_id: UUID, into_id: UUID, *, by: UUID, note: str | None, expected: int | None
) -> dict[str, Any]:
    """Merge a case into another one of the customer; raises as `move`, Invalid when it cannot be that one.

    Both are locked in the order of their ids, so that two who merge the same ones wait for each other.
    """
    cases = {each: await _or_nobodys(tx, each) for each in sorted({complaint_id, into_id})}
    into = cases[into_id] or cases[complaint_id]
    if into is None:
        raise not_found("complaint", "投诉")
    return await move(
        tx,
        complaint_id,
        lambda case, deed: domain.merge(case, deed, into),
        by=by,
        note=note,
        expected=expected,
    )


async def _or_nobodys(tx: Tx, complaint_id: UUID) -> Case | None:
    try:
        return await queries.case_to_move(tx, complaint_id)
    except NotFound:
        return None


async def watch(tx: Tx, complaint_id: UUID, staff_id: UUID, *, on: bool) -> tuple[UUID, ...]:
    """Have somebody follow a case, or not any more; who follows it now. NotFound, Conflict beyond 50."""
    case = await queries.case_to_move(tx, complaint_id)
    others = tuple(each for each in case.watcher_ids if each != staff_id)
    watchers = (*others, staff_id) if on else others
    if len(watchers) > _MOST_WATCHERS:
        raise Conflict(
            "watchers_too_many", en="At most 50 people follow a complaint.", zh="一条投诉至多 50 人关注。"
        )
    await tx.run(_WATCH, b_id=complaint_id, watcher_ids=list(watchers))
    return watchers


async def escalate_by_clock(tx: Tx, alarms: Sequence[tuple[UUID, UUID | None]]) -> None:
    """Escalate complaints that are locked already, each as often as named, to the one who is told.

    What is at the highest level already stays there: everybody above was told.
    """
    held = await rules(tx)
    cases = {case.id: case for case in await queries.cases(tx, [complaint_id for complaint_id, _ in alarms])}
    for complaint_id, recipient_id in alarms:
        before = cases[complaint_id]
        try:
            step = domain.escalate(before, Deed(None, tx.now, rules=held))
        except Conflict:
            continue
        await _save(tx, before, step, recipient_id=recipient_id)
        cases[complaint_id] = step.case


async def _save(tx: Tx, before: Case, step: Step, *, recipient_id: UUID | None = None) -> None:
    case = step.case
    await tx.run(_SAVE, b_id=case.id, b_version=before.version, **asdict(case))
    await remember(tx, [step])
    ticking = [clocks_of(case, step.deed.rules, before=before)]
    await clocks.keep(tx, ticking)
    if (case.policy_id, case.severity) != (before.policy_id, before.severity):
        await clocks.drop_others(tx, ticking)
    _announce(tx, step, recipient_id=recipient_id)


def clocks_of(case: Case, held: Rules, *, before: Case | None = None) -> Clocks:
    """The clocks of a case by the rules that hold."""
    return Clocks(case.id, case.policy_id, counting.clocks(case, held, before=before))


def _row(case: Case) -> dict[str, Any]:
    """A new case as it is stored."""
    row = asdict(case)
    return {**row, "words": queries.TEXTS.words(row)}


def _facts(tx: Tx, body: ComplaintCreate, serial: int, deed: Deed, known: Known) -> dict[str, Any]:
    told = {"customer_id", "channel", "category", "severity", "subject", "description", "product", "order_no"}
    return {
        **body.model_dump(include=told),
        **known.of(body),
        "id": tx.new_id(),
        "number": domain.number_of(serial, deed.at),
        "origin_id": None,
    }


def _course(tx: Tx, body: ComplaintLoad, serial: int, opening: Deed, known: Known) -> list[Step]:
    by = opening.by
    course = [domain.opened(_facts(tx, body, serial, opening, known), opening)]
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


def _announce(tx: Tx, step: Step, *, recipient_id: UUID | None = None) -> None:
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
        watcher_ids=case.watcher_ids,
        **(_escalated(case, recipient_id) if step.verb == "escalate" else {}),
        **({"merged_into": case.merged_into} if step.verb == "merge" else {}),
    )
    outbox.record(tx, event)


def _escalated(case: Case, recipient_id: UUID | None) -> dict[str, Any]:
    return {"escalation_level": case.escalation_level, "recipient_id": recipient_id}
