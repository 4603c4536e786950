"""Which events a reminder may come after, what each tells, and when the reminder is then due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from notify_svc.reminders.domain import Awaited, When
from shared.events import Event
from shared.events.complaint import ComplaintClosed, ComplaintOpened
from shared.events.customer import CustomerRegistered, OrderRecorded, OrderVoided
from shared.events.interaction import (
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseMoved,
    PromiseWithdrawn,
    ServiceRecorded,
    SurveyAnswered,
    VisitCancelled,
    VisitDone,
    VisitMissed,
    VisitPlanned,
)
from shared.problems import Invalid
from shared.wall_clock import instant, shown

Occasion = Literal[Awaited, "contact.none"]
SILENCE: Occasion = "contact.none"
Assignee = Literal["owner", "person", "named"]


class Telling(NamedTuple):
    """What an event tells: of which occasion, and in which fields when it is and whom it concerns.

    Without a field for the moment it is the moment at which the event is heard; `customer` is the subject of
    an event without that field.
    """

    occasion: Awaited
    moment: str | None
    person: str | None = None
    customer: str = "customer_id"


CATALOGUE: Mapping[type[Event], Telling] = {
    VisitPlanned: Telling("visit.planned", "starts_at", "assignee_id"),
    VisitDone: Telling("visit.done", "ends_at", "assignee_id"),
    VisitMissed: Telling("visit.missed", "ends_at", "assignee_id"),
    PromiseMade: Telling("promise.due", "due_at", "promised_by"),
    PromiseMoved: Telling("promise.due", "due_at", "promised_by"),
    PromiseBroken: Telling("promise.broken", "due_at", "promised_by"),
    OrderRecorded: Telling("order.recorded", "ordered_at"),
    ServiceRecorded: Telling("service.recorded", "finished_at"),
    SurveyAnswered: Telling("survey.answered", "answered_at", "owner_id"),
    ComplaintOpened: Telling("complaint.opened", "opened_at", "owner_id"),
    ComplaintClosed: Telling("complaint.closed", "closed_at", "owner_id"),
    CustomerRegistered: Telling("customer.registered", None, "owner_id", customer="subject"),
}
"""Another event is one more line here, a word in `Awaited`, and nothing else."""

ENDS: Mapping[type[Event], tuple[Awaited, ...]] = {
    VisitCancelled: ("visit.planned",),
    VisitDone: ("visit.planned",),
    VisitMissed: ("visit.planned",),
    PromiseKept: ("promise.due", "promise.broken"),
    PromiseWithdrawn: ("promise.due", "promise.broken"),
    PromiseBroken: ("promise.due",),
    OrderVoided: ("order.recorded",),
    ComplaintClosed: ("complaint.opened",),
}
"""By event the occasions of the same subject that are over with it, and their reminders with them."""


@dataclass(frozen=True, slots=True)
class Told:
    """An occasion as an event told of it."""

    occasion: Awaited
    subject: UUID
    version: int
    moment: datetime
    customer_id: UUID
    person_id: UUID | None


def told_by(event: Event, *, now: datetime) -> Told:
    """What an event of the catalogue tells."""
    telling = CATALOGUE[type(event)]
    moment = getattr(event, telling.moment) if telling.moment else None
    return Told(
        occasion=telling.occasion,
        subject=event.subject,
        version=event.version,
        moment=moment or now,
        customer_id=getattr(event, telling.customer),
        person_id=getattr(event, telling.person) if telling.person else None,
    )


def when_after(moment: datetime, after: Mapping[str, Any], *, now: datetime) -> When:
    """When a reminder is due so many days after a moment; at once if that is past.

    Days are those of the zone's clock, if there is one; with `at` it is at that time of the day.
    """
    days = timedelta(days=after["days"] or 0)
    if after["timezone"] is None:
        return When(max(moment + days, now), None, None)
    zone = ZoneInfo(after["timezone"])
    wall = (shown(moment, zone) + days).replace(microsecond=0)
    if after["at"] is not None:
        wall = datetime.combine(wall.date(), time.fromisoformat(after["at"]))
    due_at = instant(wall, zone)
    return When(due_at, wall, after["timezone"]) if due_at >= now else When(now, None, None)


def topic_of(rule_id: UUID, subject: UUID) -> UUID:
    """What a rule's reminder is about: one is open per rule and subject."""
    return uuid5(rule_id, str(subject))


def silence_of(rule_id: UUID, customer_id: UUID, since: datetime | None) -> UUID:
    """Names one silence of a customer for a rule: after another contact it is another one."""
    return uuid5(rule_id, f"{customer_id}:{since.isoformat() if since else 'never'}")


def check_rule(rule: Mapping[str, Any]) -> None:
    """Refuse a rule whose parts do not go together."""
    silence = rule["event"] == SILENCE
    _need("/tier_days", bool(rule["tier_days"]) is silence, "goes with contact.none", "仅用于 contact.none")
    _need("/days", (rule["days"] is None) is silence, "goes with every other event", "用于其他事件")
    _need(
        "/timezone", rule["at"] is None or rule["timezone"] is not None, "is required with at", "与 at 同填"
    )
    _need(
        "/assignee_id",
        (rule["assignee"] == "named") is (rule["assignee_id"] is not None),
        "goes with a named assignee",
        "仅用于指定的负责人",
    )
    _need(
        "/assignee",
        rule["assignee"] != "person" or not silence,
        "is nobody of a silence",
        "长期未联系时无此人",
    )


def _need(pointer: str, holds: bool, en: str, zh: str) -> None:
    if not holds:
        raise Invalid.at(pointer, "does_not_fit", en=en, zh=zh)
