"""The course of a complaint: every move as a pure function."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from interaction_svc.complaints.counting import Case, Deed, Step, counted, terms
from interaction_svc.complaints.transitions import HIGHEST_LEVEL, Status, Verb, allowed, transition
from shared.problems import Conflict, Invalid

PAUSED: tuple[Status, ...] = ("waiting_customer", "merged")


def number_of(serial: int, opened_at: datetime) -> str:
    """The business number: `C-2026-000123`, the year in UTC."""
    return f"C-{opened_at.year}-{serial:06d}"


def check_past(times: Iterable[datetime], *, now: datetime) -> None:
    """Refuse what is told of a case before it happened."""
    if any(time > now for time in times):
        raise Invalid.at(
            "/opened_at", "in_the_future", en="no time may lie in the future", zh="时间不能晚于当前时间"
        )


def opened(facts: Mapping[str, Any], deed: Deed) -> Step:
    """A new case; `facts` are its fixed fields, category and severity, all but the times."""
    if deed.by is None:
        raise ValueError("somebody takes a complaint in")
    case = Case(
        **facts,
        cause=None,
        status="received",
        owner_id=None,
        policy_id=None,
        opened_at=deed.at,
        first_answered_at=None,
        awaiting_since=None,
        sla_started_at=deed.at,
        sla_due_at=deed.at,
        sla_paused_at=None,
        sla_paused=timedelta(0),
        escalation_level=0,
        step_started_at=deed.at,
        step_due_at=None,
        resolved_at=None,
        result=None,
        informed_at=None,
        told=None,
        closed_at=None,
        reopened_count=0,
        merged_into=None,
        merged_from=None,
        watcher_ids=(),
        created_by=deed.by,
        version=1,
        created_at=deed.at,
        updated_at=deed.at,
    )
    return Step("open", None, counted(case, deed.rules), deed)


def classify(case: Case, deed: Deed, **found: Any) -> Step:
    """Say what it is about; `found` holds what changes of category, severity and cause."""
    return _moved(case, "classify", deed, **found)


def assign(case: Case, deed: Deed, owner_id: UUID) -> Step:
    """Give the case to somebody."""
    return _moved(case, "assign", deed, owner_id=owner_id)


def answer(case: Case, deed: Deed) -> Step:
    """The customer heard from us: what was said is the deed's note."""
    return _moved(case, "answer", deed, **_answered(case, deed))


def hear(case: Case, deed: Deed) -> Step:
    """The customer said something, the deed's note, and waits for an answer to it."""
    return _moved(case, "hear", deed, awaiting_since=case.awaiting_since or deed.at)


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


def wait(case: Case, deed: Deed) -> Step:
    """The customer was asked and must answer first; the resolution's clock stands still."""
    return _moved(case, "wait", deed, **_answered(case, deed))


def resume(case: Case, deed: Deed) -> Step:
    """The customer answered, or nobody waits any longer; the clock runs again."""
    return _moved(case, "resume", deed)


def escalate(case: Case, deed: Deed) -> Step:
    """Have somebody higher look at it: one level more."""
    return _moved(case, "escalate", deed, escalation_level=case.escalation_level + 1)


def resolve(case: Case, deed: Deed, result: str) -> Step:
    """State the result; the clock stops."""
    return _moved(case, "resolve", deed, result=result, resolved_at=deed.at)


def inform(case: Case, deed: Deed, text: str | None) -> Step:
    """Tell the customer: this text, or the result as it stands."""
    told = text or case.result
    return _moved(case, "inform", deed, informed_at=deed.at, told=told, **_answered(case, deed))


def close(case: Case, deed: Deed) -> Step:
    """Be done with it; without having told the customer only with a note that says why."""
    return _moved(case, "close", deed, closed_at=deed.at, awaiting_since=None)


def reopen(case: Case, deed: Deed) -> Step:
    """Take it up again: the clock starts anew, what was said stays in the history."""
    return _taken_up(case, "reopen", deed)


def mediate(case: Case, deed: Deed) -> Step:
    """The customer does not accept the result: somebody between both looks for one; the clock starts anew."""
    return _taken_up(case, "mediate", deed)


def merge(case: Case, deed: Deed, into: Case) -> Step:
    """It is the same as another case of the customer: that one goes on, this one's clocks stand still."""
    moved = _moved(case, "merge", deed, merged_into=into.id, merged_from=case.status)
    if into.id == case.id or into.customer_id != case.customer_id or into.status == "merged":
        raise Invalid.at(
            "/into_id",
            "not_to_merge_into",
            en="must be another complaint of the same customer that is not merged itself",
            zh="须为同一客户的另一条未被合并的投诉",
        )
    return moved


def unmerge(case: Case, deed: Deed) -> Step:
    """It was another matter after all: back to where it was."""
    return _moved(case, "unmerge", deed, back_to=case.merged_from, merged_into=None, merged_from=None)


def edit(case: Case, deed: Deed, attachments: list[dict[str, str]]) -> Step:
    """Other files belong to it; its course and its clocks go on as they were."""
    after = replace(case, attachments=attachments, version=case.version + 1, updated_at=deed.at)
    changes = [{"field": "attachments", "old": case.attachments, "new": attachments}]
    return Step("edit", case.status, after, deed, changes)


def _taken_up(case: Case, verb: Verb, deed: Deed) -> Step:
    return _moved(
        case,
        verb,
        deed,
        awaiting_since=case.awaiting_since or deed.at,
        sla_started_at=deed.at,
        sla_paused=timedelta(0),
        resolved_at=None,
        result=None,
        informed_at=None,
        told=None,
        closed_at=None,
        reopened_count=case.reopened_count + 1,
    )


def _moved(case: Case, verb: Verb, deed: Deed, *, back_to: Status | None = None, **changes: Any) -> Step:
    found = transition(case.status, verb, back_to)
    if found is None:
        raise _not_allowed(case.status, verb)
    if found.guard is not None:
        _GUARDS[found.guard](case, deed)
    entered = case.step_started_at if found.target == case.status else deed.at
    ticked = counted(replace(case, **_clock(case, found.target, deed)), deed.rules)
    after = replace(
        ticked,
        **changes,
        status=found.target,
        step_started_at=entered,
        version=case.version + 1,
        updated_at=deed.at,
    )
    return Step(verb, case.status, counted(after, deed.rules), deed)


def _answered(case: Case, deed: Deed) -> dict[str, Any]:
    return {"first_answered_at": case.first_answered_at or deed.at, "awaiting_since": None}


def _clock(case: Case, target: Status, deed: Deed) -> dict[str, Any]:
    """What becomes of the pause: it begins with waiting, or merging, and is given back afterwards."""
    if target in PAUSED:
        return {"sla_paused_at": case.sla_paused_at or deed.at}
    if case.sla_paused_at is None:
        return {}
    return {
        "sla_paused_at": None,
        "sla_paused": case.sla_paused + terms(case, deed.rules).clock.between(case.sla_paused_at, deed.at),
    }


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


def _room_above(case: Case, _: Deed) -> None:
    if case.escalation_level >= HIGHEST_LEVEL:
        raise Conflict(
            "escalated_fully",
            en="The complaint is at the highest level already.",
            zh="该投诉已升级至最高级别。",
            extra={"complaint_status": case.status, "escalation_level": case.escalation_level},
        )


def _explained(case: Case, deed: Deed) -> None:
    if not deed.note:
        raise Conflict(
            "customer_not_informed",
            en="The customer was not told the result; inform first, or close with a reason.",
            zh="尚未将处理结果告知客户；请先告知，或在关闭时说明原因。",
            extra={"complaint_status": case.status, "allowed": ["inform"]},
        )


_GUARDS: Mapping[str, Callable[[Case, Deed], None]] = {
    "owned": _owned,
    "explained": _explained,
    "room_above": _room_above,
}
