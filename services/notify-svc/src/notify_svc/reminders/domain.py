"""When a reminder is due, and which states follow which."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from shared.problems import Conflict, Invalid
from shared.wall_clock import instant

State = Literal["scheduled", "due", "done", "cancelled", "missed"]
Deed = Literal["edit", "reschedule", "snooze", "finish", "cancel", "fire", "miss"]
Source = Literal["manual", "churn", "complaint", "sla", "escalation", "watch", "playbook"]
Channel = Literal["inbox"]

_PAST = timedelta(minutes=5)
_AHEAD = timedelta(days=3660)

_NEXT: Mapping[tuple[State, Deed], State] = {
    ("scheduled", "edit"): "scheduled",
    ("scheduled", "reschedule"): "scheduled",
    ("scheduled", "snooze"): "scheduled",
    ("scheduled", "finish"): "done",
    ("scheduled", "cancel"): "cancelled",
    ("scheduled", "fire"): "due",
    ("scheduled", "miss"): "missed",
    ("due", "edit"): "due",
    ("due", "reschedule"): "scheduled",
    ("due", "snooze"): "scheduled",
    ("due", "finish"): "done",
    ("due", "cancel"): "cancelled",
    ("missed", "edit"): "missed",
    ("missed", "reschedule"): "scheduled",
    ("missed", "snooze"): "scheduled",
    ("missed", "finish"): "done",
    ("missed", "cancel"): "cancelled",
}


def next_state(state: State, deed: Deed) -> State:
    """The state after a deed; Conflict when the reminder is done or cancelled already."""
    following = _NEXT.get((state, deed))
    if following is None:
        raise Conflict(
            "reminder_closed",
            en="The reminder is done or cancelled already.",
            zh="该提醒已完成或已取消。",
            extra={"state": state},
        )
    return following


@dataclass(frozen=True, slots=True)
class When:
    """The moment in UTC, and the wall time it was derived from, if it was."""

    due_at: datetime
    local_time: datetime | None
    timezone: str | None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


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
    if timezone not in _zones():
        raise Invalid.at("/timezone", "unknown_zone", en="is not an IANA time zone", zh="不是 IANA 时区名称")
    try:
        moment = instant(local_time, ZoneInfo(timezone))
    except OverflowError:
        raise _beyond("/local_time") from None
    return When(due_soon_enough(moment, now=now, pointer="/local_time"), local_time, timezone)


def due_soon_enough(moment: datetime, *, now: datetime, pointer: str) -> datetime:
    """The moment itself; Invalid when it is over five minutes past or ten years ahead."""
    if moment < now - _PAST:
        raise Invalid.at(pointer, "in_the_past", en="is in the past", zh="已是过去的时间")
    if moment > now + _AHEAD:
        raise _beyond(pointer)
    return moment


def _beyond(pointer: str) -> Invalid:
    return Invalid.at(pointer, "too_far_ahead", en="is more than ten years away", zh="超出十年范围")


def _either(pointer: str) -> Invalid:
    return Invalid.at(
        pointer,
        "due_at_or_local_time",
        en="send either due_at, or local_time with timezone",
        zh="请提供 due_at，或 local_time 与 timezone",
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
