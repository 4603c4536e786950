"""The course of a complaint: the table of its transitions, and every move as a pure function."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from interaction_svc.sla import domain as sla
from shared.problems import Conflict, Invalid

Status = Literal["received", "classified", "investigating", "resolving", "resolved", "closed"]
Verb = Literal["open", "classify", "assign", "start", "resolve", "inform", "close", "reopen"]
STATUSES: tuple[Status, ...] = get_args(Status)
VERBS: tuple[Verb, ...] = get_args(Verb)


@dataclass(frozen=True, slots=True)
class Transition:
    """From a state by a verb to a state, if the guard lets it; `source` None: there was no case before."""

    source: Status | None
    verb: Verb
    target: Status
    guard: Literal["owned", "told_or_explained"] | None = None


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, "open", "received"),
    Transition("received", "classify", "classified"),
    Transition("received", "assign", "received"),
    Transition("received", "resolve", "resolved", "owned"),
    Transition("classified", "classify", "classified"),
    Transition("classified", "assign", "classified"),
    Transition("classified", "start", "investigating", "owned"),
    Transition("classified", "resolve", "resolved", "owned"),
    Transition("investigating", "classify", "investigating"),
    Transition("investigating", "assign", "investigating"),
    Transition("investigating", "start", "resolving", "owned"),
    Transition("investigating", "resolve", "resolved", "owned"),
    Transition("resolving", "classify", "resolving"),
    Transition("resolving", "assign", "resolving"),
    Transition("resolving", "resolve", "resolved", "owned"),
    Transition("resolved", "assign", "resolved"),
    Transition("resolved", "inform", "resolved"),
    Transition("resolved", "close", "closed", "told_or_explained"),
    Transition("resolved", "reopen", "investigating"),
    Transition("closed", "reopen", "investigating"),
)
"""Whatever is not in this table is refused; `resolve` may skip states when the first answer already helps."""

_TABLE = {(transition.source, transition.verb): transition for transition in TRANSITIONS}


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint as it stands; field for field a row of `complaint`."""

    id: UUID
    number: str
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    channel: str
    category: str
    severity: str
    subject: str
    description: str
    cause: str | None
    status: Status
    owner_id: UUID | None
    opened_at: datetime
    sla_started_at: datetime
    sla_due_at: datetime
    step_started_at: datetime
    step_due_at: datetime | None
    resolved_at: datetime | None
    result: str | None
    informed_at: datetime | None
    told: str | None
    closed_at: datetime | None
    reopened_count: int
    created_by: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to a case, when, and what they say about it."""

    by: UUID
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's history: the verb that brought the case to its `version`."""

    verb: Verb
    source: Status | None
    case: Case
    deed: Deed


def number_of(serial: int, opened_at: datetime) -> str:
    """The business number: `C-2026-000123`, the year in UTC."""
    return f"C-{opened_at.year}-{serial:06d}"


def check_past(times: Iterable[datetime], *, now: datetime) -> None:
    """Refuse what is told of a case before it happened."""
    if any(time > now for time in times):
        raise Invalid.at(
            "/opened_at", "in_the_future", en="no time may lie in the future", zh="时间不能晚于当前时间"
        )


def allowed(status: str) -> list[str]:
    """The verbs that the table has for this state."""
    return [transition.verb for transition in TRANSITIONS if transition.source == status]


def opened(facts: Mapping[str, Any], deed: Deed) -> Step:
    """A new case; `facts` are its fixed fields, category and severity, all but the times."""
    due = sla.resolution_due(deed.at, facts["severity"])
    case = Case(
        **facts,
        cause=None,
        status="received",
        owner_id=None,
        opened_at=deed.at,
        sla_started_at=deed.at,
        sla_due_at=due,
        step_started_at=deed.at,
        step_due_at=sla.step_due("received", deed.at, facts["severity"], due),
        resolved_at=None,
        result=None,
        informed_at=None,
        told=None,
        closed_at=None,
        reopened_count=0,
        created_by=deed.by,
        version=1,
        created_at=deed.at,
        updated_at=deed.at,
    )
    return Step("open", None, case, deed)


def classify(case: Case, deed: Deed, **found: str) -> Step:
    """Say what it is about; `found` holds what changes of category, severity and cause."""
    return _moved(case, "classify", deed, **found)


def assign(case: Case, deed: Deed, owner_id: UUID) -> Step:
    """Give the case to somebody."""
    return _moved(case, "assign", deed, owner_id=owner_id)


def start(case: Case, deed: Deed, step: Status | None = None) -> Step:
    """Begin the next step; naming it protects against starting twice."""
    moved = _moved(case, "start", deed)
    if step is not None and moved.case.status != step:
        raise Conflict(
            "step_not_next",
            en=f"The next step is {moved.case.status}.",
            zh=f"下一步骤是 {moved.case.status}。",
            extra={"complaint_status": case.status, "next": moved.case.status},
        )
    return moved


def resolve(case: Case, deed: Deed, result: str) -> Step:
    """State the result; the clock stops."""
    return _moved(case, "resolve", deed, result=result, resolved_at=deed.at)


def inform(case: Case, deed: Deed, text: str | None) -> Step:
    """Tell the customer: this text, or the result as it stands."""
    return _moved(case, "inform", deed, informed_at=deed.at, told=text or case.result)


def close(case: Case, deed: Deed) -> Step:
    """Be done with it; without having told the customer only with a note that says why."""
    return _moved(case, "close", deed, closed_at=deed.at)


def reopen(case: Case, deed: Deed) -> Step:
    """Take it up again: the clock starts anew, what was said stays in the history."""
    return _moved(
        case,
        "reopen",
        deed,
        sla_started_at=deed.at,
        resolved_at=None,
        result=None,
        informed_at=None,
        told=None,
        closed_at=None,
        reopened_count=case.reopened_count + 1,
    )


def _moved(case: Case, verb: Verb, deed: Deed, **changes: Any) -> Step:
    transition = _TABLE.get((case.status, verb))
    if transition is None:
        raise _not_allowed(case.status, verb)
    if transition.guard is not None:
        _GUARDS[transition.guard](case, deed)
    entered = case.step_started_at if transition.target == case.status else deed.at
    after = replace(
        case,
        **changes,
        status=transition.target,
        step_started_at=entered,
        version=case.version + 1,
        updated_at=deed.at,
    )
    due = sla.resolution_due(after.sla_started_at, after.severity)
    step_due = sla.step_due(after.status, entered, after.severity, due)
    return Step(verb, case.status, replace(after, sla_due_at=due, step_due_at=step_due), deed)


def _not_allowed(status: str, verb: str) -> Conflict:
    possible = allowed(status)
    return Conflict(
        "transition_not_allowed",
        en=f"{verb} is not possible while {status}; possible: {', '.join(possible)}.",
        zh=f"状态 {status} 下不能执行 {verb}；可执行：{'、'.join(possible)}。",
        extra={"complaint_status": status, "allowed": possible},
    )


def _owned(case: Case, _: Deed) -> None:
    if case.owner_id is None:
        raise Conflict(
            "owner_missing",
            en="Nobody owns this complaint yet; assign it first.",
            zh="该投诉尚无负责人，请先指派。",
            extra={"complaint_status": case.status, "allowed": ["assign"]},
        )


def _told_or_explained(case: Case, deed: Deed) -> None:
    if case.informed_at is None and not deed.note:
        raise Conflict(
            "customer_not_informed",
            en="The customer was not told the result; inform first, or close with a reason.",
            zh="尚未将处理结果告知客户；请先告知，或在关闭时说明原因。",
            extra={"complaint_status": case.status, "allowed": ["inform"]},
        )


_GUARDS: Mapping[str, Callable[[Case, Deed], None]] = {
    "owned": _owned,
    "told_or_explained": _told_or_explained,
}
