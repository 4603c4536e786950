"""When a reminder is due, and which states follow which."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.problems import Conflict, Invalid
from shared.wall_clock import instant, known_zones

State = Literal["waiting", "scheduled", "due", "done", "cancelled", "missed", "skipped"]
Deed = Literal[
    "edit",
    "delegate",
    "reschedule",
    "snooze",
    "finish",
    "cancel",
    "arrive",
    "fire",
    "miss",
    "skip",
    "escalate",
]
Source = Literal["manual", "churn", "complaint", "sla", "escalation", "watch", "rule", "playbook", "care"]
Awaited = Literal[
    "visit.done",
    "visit.planned",
    "visit.missed",
    "promise.due",
    "promise.broken",
    "order.recorded",
    "service.recorded",
    "survey.answered",
    "complaint.opened",
    "complaint.closed",
    "customer.registered",
    "contract.ends",
]
"""What a reminder or a rule may come after; `reminder_rules.domain` says which events tell of it."""
COMING: frozenset[Awaited] = frozenset(("contract.ends",))
"""What takes its reminders back when it has come: nobody can be reminded of it afterwards."""
Channel = Literal["inbox", "email", "wecom", "dingtalk", "feishu"]

PAST = timedelta(minutes=5)
"""So long ago a moment may be that somebody asks for."""
ROUND = timedelta(hours=26)
"""No two clocks of the world are further apart."""
AHEAD = timedelta(days=3660)
"""So far ahead a moment may lie."""

LONGEST_WAIT = timedelta(days=366)
"""So long a reminder waits for the event after which it is to come."""
CLOSED = frozenset(("done", "cancelled", "skipped"))

_NEXT: Mapping[tuple[State, Deed], State] = {
    ("waiting", "edit"): "waiting",
    ("waiting", "delegate"): "waiting",
    ("waiting", "reschedule"): "scheduled",
    ("waiting", "snooze"): "scheduled",
    ("waiting", "finish"): "done",
    ("waiting", "cancel"): "cancelled",
    ("waiting", "arrive"): "scheduled",
    ("waiting", "miss"): "missed",
    ("scheduled", "edit"): "scheduled",
    ("scheduled", "delegate"): "scheduled",
    ("scheduled", "reschedule"): "scheduled",
    ("scheduled", "snooze"): "scheduled",
    ("scheduled", "finish"): "done",
    ("scheduled", "cancel"): "cancelled",
    ("scheduled", "fire"): "due",
    ("scheduled", "miss"): "missed",
    ("scheduled", "skip"): "skipped",
    ("due", "edit"): "due",
    ("due", "delegate"): "due",
    ("due", "escalate"): "due",
    ("due", "reschedule"): "scheduled",
    ("due", "snooze"): "scheduled",
    ("due", "finish"): "done",
    ("due", "cancel"): "cancelled",
    ("missed", "edit"): "missed",
    ("missed", "delegate"): "missed",
    ("missed", "reschedule"): "scheduled",
    ("missed", "snooze"): "scheduled",
    ("missed", "finish"): "done",
    ("missed", "cancel"): "cancelled",
}


def next_state(state: State, deed: Deed) -> State:
    """The state after a deed; Conflict when the reminder is over already."""
    following = _NEXT.get((state, deed))
    if following is None:
        raise Conflict(
            "reminder_closed",
            en="The reminder is done, cancelled or skipped already.",
            zh="该提醒已完成、已取消或已跳过。",
            extra={"state": state},
        )
    return following


@dataclass(frozen=True, slots=True)
class When:
    """The moment in UTC, and the wall time it was derived from, if it was."""

    due_at: datetime
    local_time: datetime | None
    timezone: str | None


def when_of(
    *, due_at: datetime | None, local_time: datetime | None, timezone: str | None, now: datetime
) -> When:
    """When it is due: a moment, or a wall time with an IANA zone; Invalid unless exactly one is given."""
    if due_at is not None:
        if local_time is not None or timezone is not None:
            raise _either("/due_at")
        return When(due_soon_enough(due_at, now=now, pointer="/due_at"), None, None)
    if local_time is None:
        raise _either("/due_at" if timezone is None else "/local_time")
    if timezone is None:
        raise Invalid.at(
            "/timezone", "required", en="is required with local_time", zh="与 local_time 同时必填"
        )
    check_zone(timezone)
    try:
        moment = instant(local_time, ZoneInfo(timezone))
    except OverflowError:
        raise _beyond("/local_time") from None
    return When(due_soon_enough(moment, now=now, pointer="/local_time"), local_time, timezone)


def escalates_at(reminder: Mapping[str, Any], state: State, *, now: datetime) -> datetime | None:
    """When silence about it is told, if nobody touches it again; each deed starts the wait anew.

    None for what is not due, has no such wish, or was told of since it fired.
    """
    minutes = reminder["escalate_after_minutes"]
    if state != "due" or minutes is None or reminder["escalated_at"] is not None:
        return None
    return now + timedelta(minutes=minutes)


def due_soon_enough(moment: datetime, *, now: datetime, pointer: str) -> datetime:
    """The moment itself; Invalid when it is over five minutes past or ten years ahead."""
    if moment < now - PAST:
        raise Invalid.at(pointer, "in_the_past", en="is in the past", zh="已是过去的时间")
    if moment > now + AHEAD:
        raise _beyond(pointer)
    return moment


def check_other(assignee_id: UUID | None, to_id: UUID) -> None:
    """Refuse to hand a reminder on to who has it."""
    if to_id == assignee_id:
        raise Invalid.at("/to_id", "has_it_already", en="has it already", zh="该提醒已由此人负责")


def wall_time_of(*, due_at: Any, local_time: Any, timezone: Any, after: Any) -> dict[str, Any]:
    """When a series begins, by the wall clock of a zone; Invalid unless said so and in no other way."""
    if due_at is not None or after is not None:
        raise _either("/rrule")
    for name, value in (("local_time", local_time), ("timezone", timezone)):
        if value is None:
            raise Invalid.at(f"/{name}", "required", en="is required with rrule", zh="与 rrule 同时必填")
    check_zone(timezone)
    return {"local_time": local_time, "timezone": timezone}


def check_waits(
    after: Mapping[str, Any], *, due_at: Any, local_time: Any, timezone: Any, customer_id: UUID | None
) -> None:
    """Refuse a wait for an event of nobody, beside a moment, or at a time of day by no clock."""
    if not due_at is local_time is timezone is None:
        raise _either("/after")
    if customer_id is None:
        raise Invalid.at("/customer_id", "required", en="is required with after", zh="与 after 同时必填")
    if after["event"] in COMING and after["days"] > 0:
        raise Invalid.at(
            "/after/days", "does_not_fit", en="is not after the end of a contract", zh="须在合同到期之前"
        )
    if after["at"] is not None and after["timezone"] is None:
        raise Invalid.at("/after/timezone", "required", en="is required with at", zh="与 at 同时必填")


def check_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in known_zones():
        raise Invalid.at("/timezone", "unknown_zone", en="is not an IANA time zone", zh="不是 IANA 时区名称")


def _beyond(pointer: str) -> Invalid:
    return Invalid.at(pointer, "too_far_ahead", en="is more than ten years away", zh="超出十年范围")


def _either(pointer: str) -> Invalid:
    return Invalid.at(
        pointer,
        "due_at_or_local_time",
        en="send one of: due_at; local_time with timezone; these with rrule; after",
        zh="请提供其一：due_at；local_time 与 timezone；再加 rrule；after",
    )


def snoozed_until(*, until: datetime | None, minutes: int | None, now: datetime) -> datetime:
    """The new moment; Invalid unless exactly one of the two is given and lies ahead."""
    if (until is None) == (minutes is None):
        raise Invalid.at(
            "/until", "until_or_minutes", en="send until or minutes", zh="请提供 until 或 minutes"
        )
    if minutes is not None:
        return now + timedelta(minutes=minutes)
    if until is None or until <= now:
        raise Invalid.at("/until", "in_the_past", en="is in the past", zh="已是过去的时间")
    return due_soon_enough(until, now=now, pointer="/until")


def rescheduled(current: When, changes: Mapping[str, Any], *, now: datetime) -> When:
    """What a patch makes of the moment: a wall time or a zone sent alone keeps the other as it was."""
    asked = {name: changes[name] for name in ("due_at", "local_time", "timezone") if name in changes}
    if not asked:
        return current
    wall = {"local_time": current.local_time, "timezone": current.timezone}
    if asked.get("due_at") is None:
        asked = {**wall, **asked}
        if asked["local_time"] is not None and all(asked[name] == wall[name] for name in wall):
            return current
    given = {"due_at": None, "local_time": None, "timezone": None, **asked}
    if given == {"due_at": current.due_at, "local_time": None, "timezone": None}:
        return When(current.due_at, None, None)
    return when_of(**given, now=now)
