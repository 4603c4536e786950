"""The steps of a service: one after the other, each possible, then started, then done or skipped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from interaction_svc.sla.clock import Clock
from shared.problems import Conflict, FieldError, Invalid, not_found

Status = Literal["running", "done", "cancelled"]
StepStatus = Literal["pending", "ready", "started", "done", "skipped"]
Verb = Literal["begin", "record", "start", "complete", "skip", "cancel", "rate"]
STATUSES: tuple[str, ...] = get_args(Status)
STEP_STATUSES: tuple[str, ...] = get_args(StepStatus)
VERBS: tuple[str, ...] = get_args(Verb)

MOST_AHEAD = timedelta(minutes=5)
"""Clocks of other systems may be a little ahead."""
LONGEST_AGO = timedelta(days=3653)
"""Ten years; what lies further back is a slip of the pen."""

_OF_A_RUN = ("assignee_id",)
_OF_THE_PAST = ("phase", "occurred_at", "staff_id", "rating", "rating_comment")
_NEEDED = ("phase", "content", "occurred_at")
_REQUIRED = ("required", "is required without a process", "未选择流程时为必填项")
_UNWANTED = ("not_wanted", "is not of this kind of service", "不适用于此类服务")

_ALLOWED: Mapping[str, frozenset[StepStatus]] = {
    "start": frozenset({"ready"}),
    "complete": frozenset({"started"}),
    "skip": frozenset({"ready", "started"}),
}
_REFUSALS: Mapping[StepStatus, tuple[str, str, str]] = {
    "pending": ("step_out_of_order", "The steps before it come first.", "须先完成前面的步骤。"),
    "ready": ("step_not_started", "The step was not started.", "该步骤尚未开始。"),
    "started": ("step_started", "The step was started already.", "该步骤已开始。"),
    "done": ("step_over", "The step is over.", "该步骤已结束。"),
    "skipped": ("step_over", "The step is over.", "该步骤已结束。"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it stands; field for field a row of `service_step` without its record.

    It waits from `ready_at`, when the one before was over, to `started_at`, and is handled from there until
    it is done; `..._seconds` are what the clock on the wall and working time say of both, in whole seconds.
    """

    position: int
    code: str
    role: str
    expected_minutes: int
    status: StepStatus = "pending"
    assignee_id: UUID | None = None
    ready_at: datetime | None = None
    due_at: datetime | None = None
    started_at: datetime | None = None
    started_by: UUID | None = None
    finished_at: datetime | None = None
    finished_by: UUID | None = None
    waiting_seconds: int | None = None
    waiting_working_seconds: int | None = None
    handling_seconds: int | None = None
    handling_working_seconds: int | None = None
    form: dict[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something, when, and by which clock working time counts there."""

    by: UUID
    at: datetime
    clock: Clock


Steps = tuple[Step, ...]


def planned(definition: Iterable[Mapping[str, Any]], deed: Deed) -> Steps:
    """The steps of a template, the first one possible."""
    steps = tuple(
        Step(place, each["code"], each["role"], each["expected_minutes"])
        for place, each in enumerate(definition)
    )
    return _next_ready(steps, deed)


def current(steps: Steps) -> Step | None:
    """The step that is possible or started; None: all are over."""
    return next((step for step in steps if step.status in {"ready", "started"}), None)


def named(steps: Steps, code: str) -> Step:
    """The step with this code, or NotFound."""
    for step in steps:
        if step.code == code:
            return step
    raise not_found("step", "步骤")


def start(steps: Steps, code: str, deed: Deed, assignee_id: UUID) -> Steps:
    """Begin the step that is possible; Conflict for any other."""
    step = checked(steps, code, "start")
    wall, working = _passed(step.ready_at, deed)
    started = replace(
        step,
        status="started",
        assignee_id=assignee_id,
        started_at=deed.at,
        started_by=deed.by,
        waiting_seconds=wall,
        waiting_working_seconds=working,
    )
    return _with(steps, started)


def complete(steps: Steps, code: str, deed: Deed, form: dict[str, Any]) -> Steps:
    """End the step that was started, with its checked form; the next one is possible from now on."""
    step = checked(steps, code, "complete")
    wall, working = _passed(step.started_at, deed)
    done = replace(
        step,
        status="done",
        finished_at=deed.at,
        finished_by=deed.by,
        handling_seconds=wall,
        handling_working_seconds=working,
        form=form,
    )
    return _next_ready(_with(steps, done), deed)


def skip(steps: Steps, code: str, deed: Deed, reason: str) -> Steps:
    """Leave out the step that is possible or started; the next one is possible from now on."""
    step = checked(steps, code, "skip")
    left = replace(step, status="skipped", finished_at=deed.at, finished_by=deed.by, reason=reason)
    return _next_ready(_with(steps, left), deed)


def check_running(status: Status) -> None:
    """Conflict when the service is over."""
    if status != "running":
        raise Conflict(
            "service_over",
            en=f"A service that is {status} cannot change any more.",
            zh="该服务已结束，无法再变更。",
            extra={"service_status": status},
        )


def check_ratable(status: Status, rating: int | None) -> None:
    """Conflict unless the service is done and was not rated before."""
    if status != "done":
        raise Conflict(
            "service_not_done",
            en="Only a service that is done can be rated.",
            zh="只能评价已完成的服务。",
            extra={"service_status": status},
        )
    if rating is not None:
        raise Conflict("service_rated", en="The service was rated already.", zh="该服务已评价。")


def check_kind(given: Mapping[str, Any]) -> None:
    """Invalid at each field that is missing, or is of the other kind of service."""
    run = given["process_id"] is not None
    unwanted, wanted = (_OF_THE_PAST, ()) if run else (_OF_A_RUN, _NEEDED)
    findings = [FieldError(f"/{name}", *_REQUIRED) for name in wanted if given[name] is None]
    findings += [FieldError(f"/{name}", *_UNWANTED) for name in unwanted if given[name] is not None]
    if given["rating_comment"] is not None and given["rating"] is None and not run:
        findings.append(FieldError("/rating", *_REQUIRED))
    if findings:
        raise Invalid(
            "invalid_input",
            en="Some fields are missing or wrong.",
            zh="部分字段缺失或有误。",
            errors=tuple(findings),
        )


def check_happened(occurred_at: datetime, *, now: datetime) -> None:
    """Invalid for a service that lies in the future, or longer ago than ten years."""
    if occurred_at > now + MOST_AHEAD:
        raise Invalid.at(
            "/occurred_at", "in_the_future", en="must not lie in the future", zh="不能晚于当前时间"
        )
    if occurred_at < now - LONGEST_AGO:
        raise Invalid.at(
            "/occurred_at", "too_long_ago", en="must not be more than ten years ago", zh="不能早于十年前"
        )


def check_role(step: Step, roles: Sequence[str], *, active: bool) -> None:
    """Conflict unless somebody with these roles may do the step."""
    if not active or step.role not in roles:
        raise Conflict(
            "role_missing",
            en="The step needs somebody who works here and has its role.",
            zh="该步骤须由具有相应角色的在职员工负责。",
            extra={"role": step.role},
        )


def checked(steps: Steps, code: str, verb: Verb) -> Step:
    """The step, if it is at a place where the verb can be done to it; NotFound, Conflict."""
    step = named(steps, code)
    if step.status in _ALLOWED[verb]:
        return step
    refusal, en, zh = _REFUSALS[step.status]
    now = current(steps)
    extra = {"step_status": step.status, "current": None if now is None else now.code}
    raise Conflict(refusal, en=en, zh=zh, extra=extra)


def _with(steps: Steps, changed: Step) -> Steps:
    return (*steps[: changed.position], changed, *steps[changed.position + 1 :])


def _next_ready(steps: Steps, deed: Deed) -> Steps:
    following = next((step for step in steps if step.status == "pending"), None)
    if following is None:
        return steps
    due_at = deed.clock.after(deed.at, timedelta(minutes=following.expected_minutes))
    return _with(steps, replace(following, status="ready", ready_at=deed.at, due_at=due_at))


def _passed(since: datetime | None, deed: Deed) -> tuple[int, int]:
    """Whole seconds on the wall and of working time; a clock that was set back says none."""
    start_at = min(since or deed.at, deed.at)
    second = timedelta(seconds=1)
    return (deed.at - start_at) // second, deed.clock.between(start_at, deed.at) // second
