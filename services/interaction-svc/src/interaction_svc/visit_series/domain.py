"""Which visits a series makes, and what becomes of those that it made when it is changed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from interaction_svc.visits.domain import FURTHEST_AHEAD, FURTHEST_BACK
from shared.problems import Conflict, Invalid
from shared.recurrence import known, occurrences, read
from shared.wall_clock import instant

AHEAD = timedelta(days=90)
"""So far ahead of the present there are visits."""
FACTS = ("assignee_id", "timezone", "purpose", "content", "place", "participants")
"""What a visit has from its series, but for its time."""
PLAN = ("rrule", "starts_on_local", "timezone")
"""What says on which days and when."""
Fate = Literal["keep", "fit", "drop", "revive"]
_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """When a visit of a series is to be."""

    starts_at: datetime
    ends_at: datetime


def check_plan(series: Mapping[str, Any], *, now: datetime) -> None:
    """Refuse a rule out of bounds, and a series that starts more than a year ago or two years ahead."""
    zone = ZoneInfo(series["timezone"])
    read(series["rrule"], series["starts_on_local"], zone)
    starts_at = instant(series["starts_on_local"], zone)
    if not now - FURTHEST_BACK <= starts_at <= now + FURTHEST_AHEAD:
        raise Invalid.at(
            "/starts_on_local",
            "too_far_away",
            en="must lie at most a year ago and at most two years ahead",
            zh="不得早于一年前，且不得晚于两年后",
        )


def check_goes_on(series: Mapping[str, Any]) -> None:
    """Refuse to change or end a series that was ended."""
    if series["ended_at"] is not None:
        raise Conflict("series_ended", en="This series was ended.", zh="该周期拜访已结束。")


def check_end(ends_at: datetime, *, now: datetime) -> None:
    """Refuse an end that is more than two years ahead."""
    if ends_at > now + FURTHEST_AHEAD:
        raise Invalid.at("/from", "too_far_away", en="must lie at most two years ahead", zh="不得晚于两年后")


def slots(series: Mapping[str, Any], *, since: datetime, until: datetime) -> dict[date, Slot]:
    """By the day on the series' clock: its visits that start from `since` on and before `until`."""
    zone = ZoneInfo(series["timezone"])
    last = until if series["ends_at"] is None else min(until, series["ends_at"])
    length = timedelta(minutes=series["duration_minutes"])
    found = {}
    before = last.astimezone(zone).replace(tzinfo=None) + _DAY  # a skipped time comes later than it says
    rule = known(series["rrule"], zone)
    for wall in occurrences(rule, series["starts_on_local"], before):
        starts_at = instant(wall, zone)
        if since <= starts_at < last:
            found[wall.date()] = Slot(starts_at, starts_at + length)
    return found


def fate(visit: Mapping[str, Any], wanted: Iterable[date], *, now: datetime) -> Fate:
    """What a change of its series makes of a visit; what a hand has touched stays as it is."""
    touched = visit["by_hand"] or visit["checked_in_at"] is not None or visit["starts_at"] <= now
    if touched or visit["status"] not in ("planned", "cancelled"):
        return "keep"
    if visit["status"] == "planned":
        return "fit" if visit["occurs_on"] in wanted else "drop"
    return "revive" if visit["occurs_on"] in wanted else "keep"
