"""What each verb makes of a service that is loaded to change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from interaction_svc.processes.forms import filled
from interaction_svc.service_records import domain
from interaction_svc.service_records.domain import Deed, Steps, Verb
from interaction_svc.service_records.schemas import ServiceRate
from interaction_svc.staff.queries import known
from shared.auth import Principal
from shared.db import Tx

RATING = ("rating", "rating_comment", "rated_at", "rated_by")


@dataclass(frozen=True, slots=True)
class Course:
    """A service that is about to change: its row and steps, what its process asks, and who does it when."""

    row: dict[str, Any]
    steps: Steps
    asked: list[dict[str, Any]]
    deed: Deed


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a service: its steps, fields that get other values, and what history says of it."""

    verb: Verb
    steps: Steps
    fields: dict[str, Any]
    step_code: str | None = None
    assignee_id: UUID | None = None
    note: str | None = None


How = Callable[[Course], Awaitable[Change]]


def starting(tx: Tx, code: str, caller: Principal, assignee_id: UUID | None) -> How:
    """Begin a step: the caller does it, or who is named and known to have the step's role."""

    async def how(course: Course) -> Change:
        domain.check_running(course.row["status"])
        who = assignee_id or caller.id
        steps = domain.start(course.steps, code, course.deed, who)
        await _check_role(tx, domain.named(steps, code), caller, who)
        return Change("start", steps, {"handler_id": who}, code, assignee_id=who)

    return how


def completing(code: str, form: dict[str, Any]) -> How:
    """End a step with its form; the last one ends the service."""

    async def how(course: Course) -> Change:
        domain.check_running(course.row["status"])
        place = domain.checked(course.steps, code, "complete").position
        kept = filled(course.asked[place]["form"], form)
        steps = domain.complete(course.steps, code, course.deed, kept)
        return Change("complete", steps, {"handler_id": None}, code)

    return how


def skipping(code: str, reason: str) -> How:
    """Leave a step out; the last one ends the service."""

    async def how(course: Course) -> Change:
        domain.check_running(course.row["status"])
        steps = domain.skip(course.steps, code, course.deed, reason)
        return Change("skip", steps, {"handler_id": None}, code, note=reason)

    return how


def cancelling(reason: str) -> How:
    """End a service before its last step; its steps stay as they are."""

    async def how(course: Course) -> Change:
        domain.check_running(course.row["status"])
        over = {"status": "cancelled", "handler_id": None, "finished_at": course.deed.at, "reason": reason}
        return Change("cancel", course.steps, over, note=reason)

    return how


def rating(body: ServiceRate) -> How:
    """Note once what the customer says of a service that is done."""

    async def how(course: Course) -> Change:
        domain.check_ratable(course.row["status"], course.row["rating"])
        return Change("rate", course.steps, rated(body.rating, body.comment, course.deed))

    return how


def rated(rating: int, comment: str | None, deed: Deed) -> dict[str, Any]:
    """What a record says of its rating."""
    return dict(zip(RATING, (rating, comment or None, deed.at, deed.by), strict=True))


async def _check_role(tx: Tx, step: domain.Step, caller: Principal, assignee_id: UUID) -> None:
    """Conflict unless this person may do the step.

    What is told of the caller counts while the gateway's events have not arrived. A partner's key does what
    its people do; of the company's it knows nobody, so it learns nothing by naming somebody.
    """
    if not caller.roles:
        if assignee_id != caller.id:
            domain.check_role(step, (), active=False)
        return
    found = (await known(tx, [assignee_id])).get(assignee_id)
    if found is not None:
        domain.check_role(step, found["roles"], active=found["active"])
    else:
        domain.check_role(step, sorted(caller.roles), active=assignee_id == caller.id)
