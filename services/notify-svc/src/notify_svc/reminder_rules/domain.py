"""Which events a reminder may come after, what each tells, and when the reminder is then due."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from notify_svc.reminders.domain import COMING, Awaited, When
from shared.events import Event
from shared.events.complaint import ComplaintClosed, ComplaintOpened
from shared.events.customer import ContractChanged, CustomerRegistered, OrderRecorded, OrderVoided
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
CONTRACT_ENDS: Awaited = "contract.ends"
RULE_OFF = "rule_off"
"""Why a reminder was cancelled whose rule counts no more."""
Assignee = Literal["owner", "person", "named"]
FOR_GOOD = 2**62
"""The version by which something is over whatever is told of it later."""
HOME = "Asia/Shanghai"
_MORNING = time(9)
"""When and by whose clock people are reminded of a whole day, unless they said so."""


def _always(_event: Event) -> bool:
    return True


def will_end(event: ContractChanged) -> bool:
    """It is in force, and not without end."""
    return event.status == "active" and event.ends_on is not None


class Telling(NamedTuple):
    """What an event tells: of which occasion, and in which fields when it is and whom it concerns.

    Without a field for the moment it is the moment at which the event is heard; a date is a whole day.
    `customer` is the subject of an event without that field. An event that does not `hold` the occasion, by
    its content, takes it back.
    """

    occasion: Awaited
    moment: str | None
    person: str | None = None
    customer: str = "customer_id"
    holds: Callable[[Any], bool] = _always


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
    ContractChanged: Telling(CONTRACT_ENDS, "ends_on", "owner_id", holds=will_end),
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
    moment: datetime | date
    customer_id: UUID
    person_id: UUID | None


def told_by(event: Event, *, now: datetime) -> Told | None:
    """What an event of the catalogue tells; None if it takes the occasion back."""
    telling = CATALOGUE[type(event)]
    if not telling.holds(event):
        return None
    moment = getattr(event, telling.moment) if telling.moment else None
    return Told(
        occasion=telling.occasion,
        subject=event.subject,
        version=event.version,
        moment=moment or now,
        customer_id=getattr(event, telling.customer),
        person_id=getattr(event, telling.person) if telling.person else None,
    )


def told_of(contract: Mapping[str, Any]) -> Told:
    """What was told of a contract that ends, by what was kept of it."""
    return Told(
        occasion=CONTRACT_ENDS,
        subject=contract["id"],
        version=contract["version"],
        moment=contract["ends_on"],
        customer_id=contract["customer_id"],
        person_id=contract["owner_id"],
    )


def when_after(moment: datetime | date, after: Mapping[str, Any], *, now: datetime) -> When:
    """When a reminder is due so many days after a moment or a whole day; at once if that is past."""
    when = counted(moment, after)
    return when if when.due_at >= now else When(now, None, None)


def counted(moment: datetime | date, after: Mapping[str, Any]) -> When:
    """So many days after a moment or a whole day, be it past.

    Days are those of the zone's clock, if there is one; with `at` it is at that time of the day.
    """
    days, name = timedelta(days=after["days"] or 0), after["timezone"]
    if not isinstance(moment, datetime):
        wall, name = datetime.combine(moment + days, _MORNING), name or HOME
    elif name is None:
        return When(moment + days, None, None)
    else:
        wall = (shown(moment, ZoneInfo(name)) + days).replace(microsecond=0)
    if after["at"] is not None:
        wall = datetime.combine(wall.date(), time.fromisoformat(after["at"]))
    return When(instant(wall, ZoneInfo(name)), wall, name)


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
        "/days",
        rule["event"] not in COMING or (rule["days"] or 0) <= 0,
        "is not after the end of a contract",
        "须在合同到期之前",
    )
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
