"""The course of a visit, and when one may be planned: at most a day long, in the near past or future."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID

from shared.problems import Conflict, Invalid

Status = Literal["planned", "done", "missed", "cancelled"]
Verb = Literal["plan", "change", "move", "check_in", "report", "cancel", "miss", "replan"]
STATUSES: tuple[str, ...] = get_args(Status)
MISS: Verb = "miss"
_NOT_BY_HAND: tuple[Verb, ...] = ("miss", "replan")

MOVES: Mapping[tuple[Status, Verb], Status] = {
    ("planned", "change"): "planned",
    ("planned", "move"): "planned",
    ("planned", "check_in"): "planned",
    ("planned", "report"): "done",
    ("planned", "cancel"): "cancelled",
    ("planned", "miss"): "missed",
    ("missed", "report"): "done",
    ("cancelled", "replan"): "planned",
}
"""What a verb makes of a visit. A missed one can still be reported, late; `replan` is its series' alone."""
STEPS: tuple[tuple[Verb, Status], ...] = tuple(
    dict.fromkeys([("plan", "planned"), *((verb, there) for (_, verb), there in MOVES.items())])
)
"""Each verb with the status that it leads to."""

LONGEST = timedelta(hours=24)
FURTHEST_BACK = timedelta(days=366)
FURTHEST_AHEAD = timedelta(days=731)
MISSED_AFTER = timedelta(days=1)
"""So long after its end a planned visit that nobody reported counts as missed."""
EARLIEST_CHECK_IN = timedelta(hours=24)


def allowed(status: Status) -> list[Verb]:
    """The verbs that somebody can say of a visit of this status."""
    return [verb for before, verb in MOVES if before == status and verb not in _NOT_BY_HAND]


def after(status: Status, verb: Verb) -> Status:
    """The status after this verb; Conflict, with the verbs that are allowed, when it is not possible."""
    there = MOVES.get((status, verb))
    if there is None:
        raise Conflict(
            "visit_not_planned",
            en=f"A visit that is {status} does not allow this any more.",
            zh="该拜访的当前状态不允许此操作。",
            extra={"visit_status": status, "allowed": allowed(status)},
        )
    return there


def check_times(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuse a visit that ends before it starts, lasts more than 24 hours, or lies too far away."""
    if not now - FURTHEST_BACK <= starts_at <= now + FURTHEST_AHEAD:
        raise Invalid.at(
            "/starts_at",
            "too_far_away",
            en="must lie at most a year ago and at most two years ahead",
            zh="不得早于一年前，且不得晚于两年后",
        )
    if ends_at <= starts_at:
        raise Invalid.at(
            "/ends_at", "ends_before_start", en="must lie after the start", zh="必须晚于开始时间"
        )
    if ends_at - starts_at > LONGEST:
        raise Invalid.at(
            "/ends_at", "too_long", en="must be at most 24 hours after the start", zh="时长不得超过 24 小时"
        )


def check_arrival(starts_at: datetime, *, checked_in: bool, now: datetime) -> None:
    """Refuse a second check-in, and one more than a day before the visit starts."""
    if checked_in:
        raise Conflict("visit_checked_in", en="Somebody checked in already.", zh="该拜访已签到。")
    if starts_at - now > EARLIEST_CHECK_IN:
        raise Conflict(
            "visit_too_far_ahead",
            en="The visit starts in more than 24 hours: nobody can be there yet.",
            zh="距拜访开始超过 24 小时，不能签到。",
        )


def stored_participants(participants: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Participants as JSON keeps them: ids as text."""
    return [{**one, "id": None if one["id"] is None else str(one["id"])} for one in participants]


def staff_of(assignee_id: UUID, participants: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """Who of our own people comes along, the assignee included, as far as their ids are known."""
    named = {UUID(str(one["id"])) for one in participants if one["kind"] == "staff" and one["id"]}
    return sorted({assignee_id, *named})
