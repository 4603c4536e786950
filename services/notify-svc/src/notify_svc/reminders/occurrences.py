"""The reminders that a series makes: the next one when the one before it is over, each once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from notify_svc.reminders import history
from notify_svc.reminders.domain import AHEAD, PAST, ROUND
from notify_svc.reminders.history import Deed
from notify_svc.reminders.queries import REMINDER, SERIES
from shared.db import Record, Tx, any_of, prepare
from shared.problems import Invalid
from shared.recurrence import Rule, first_after, known, normal, read
from shared.wall_clock import instant

FACTS = (
    "customer_id",
    "distributor_id",
    "origin_id",
    "assignee_id",
    "subject",
    "note",
    "channels",
    "only_if",
    "escalate_after_minutes",
    "escalate_to_id",
    "timezone",
    "created_by",
)
"""What a reminder has from its series, but for its time."""

LONGEST_AGO = timedelta(days=366)
"""So long ago a series may have begun: an interval counts from there."""

# Held until the commit: a change of the series waits, and then finds the reminder that was made.
_HELD = prepare(
    select(SERIES)
    .where(SERIES.c.id == any_of("ids"), SERIES.c.ended_at.is_(None))
    .order_by(SERIES.c.id)
    .with_for_update(read=True)
)
_BEGIN = prepare(insert(SERIES).returning(SERIES), *SERIES.c.keys())
_MAKE = prepare(
    insert(REMINDER).on_conflict_do_nothing(constraint="reminder_once").returning(REMINDER),
    *REMINDER.c.keys(),
)
_OVER = prepare(
    update(SERIES)
    .where(SERIES.c.id == func.any(bindparam("b_ids", type_=ARRAY(Uuid))), SERIES.c.ended_at.is_(None))
    .values(version=SERIES.c.version + 1),
    "ended_at",
    "updated_at",
)


def rule_of(series: Record | Mapping[str, Any]) -> Rule:
    """The rule of a series: a month that is too short for a day has it on its last one."""
    return known(series["rrule"], ZoneInfo(series["timezone"]), series["local_time"])


def check_plan(series: Mapping[str, Any], *, now: datetime) -> datetime:
    """When a series comes first from now on; Invalid for a rule or a start out of bounds."""
    zone, start = ZoneInfo(series["timezone"]), series["local_time"]
    earliest, latest = now - LONGEST_AGO, now + AHEAD
    if not earliest <= start.replace(tzinfo=UTC) <= latest:
        raise Invalid.at(
            "/local_time",
            "too_far_away",
            en="must lie at most a year ago and at most ten years ahead",
            zh="不得早于一年前，且不得晚于十年后",
        )
    read(series["rrule"], start, zone, to_month_end=True)
    first = first_time(series, now=now)
    if first is None or instant(first, zone) > latest:
        raise Invalid.at("/rrule", "rrule_empty", en="names no day to come", zh="没有将来的日期")
    return first


async def begin(tx: Tx, given: Mapping[str, Any], *, by: UUID | None) -> Record:
    """Store a series and make its first reminder; Invalid for a rule or a start out of bounds."""
    series = {
        **dict.fromkeys(SERIES.c.keys()),
        **given,
        "rrule": normal(given["rrule"]),
        "id": tx.new_id(),
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    first = check_plan(series, now=tx.now)
    stored = await tx.row(_BEGIN, **series)
    if stored is None or (made := await make(tx, stored, first)) is None:
        raise LookupError("a new series has no first reminder")
    return made


def first_time(series: Record | Mapping[str, Any], *, now: datetime) -> datetime | None:
    """The first time of a series by its wall clock that is not past; None if there is none in ten years."""
    zone = ZoneInfo(series["timezone"])
    earliest = (now - PAST).astimezone(zone).replace(tzinfo=None)
    just_before = max(series["local_time"], earliest - ROUND) - timedelta(microseconds=1)
    wall = first_after(rule_of(series), series["local_time"], just_before)
    while wall is not None and instant(wall, zone) < now - PAST:
        wall = first_after(rule_of(series), series["local_time"], wall)
    return wall


async def make(tx: Tx, series: Record | Mapping[str, Any], wall: datetime) -> Record | None:
    """The reminder of a series for this time by its wall clock; None if it was made before."""
    values = {
        **dict.fromkeys(REMINDER.c.keys()),
        **{name: series[name] for name in FACTS},
        "id": tx.new_id(),
        "subject_parameters": {},
        "source": "manual",
        "state": "scheduled",
        "snooze_count": 0,
        "series_id": series["id"],
        "occurs_at_local": wall,
        "local_time": wall,
        "due_at": instant(wall, ZoneInfo(series["timezone"])),
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    made = await tx.row(_MAKE, **values)
    if made is not None:
        await history.note(tx, Deed("create", None, "scheduled", by=series["created_by"]), [made])
    return made


async def make_next(tx: Tx, over: Sequence[Record]) -> None:
    """Make the reminder that follows each of these in its series, if there is one and it was not made yet.

    For reminders that are due, missed, skipped, done or cancelled now. A series without a next one ends.
    """
    last: dict[UUID, datetime] = {}
    for row in over:
        if (series_id := row["series_id"]) is not None:
            last[series_id] = max(row["occurs_at_local"], last.get(series_id, row["occurs_at_local"]))
    if not last:
        return
    async with tx.handing_over():  # a series may be of others than who is done with its reminder
        finished = []
        for series in await tx.rows(_HELD, ids=sorted(last)):
            wall = first_after(rule_of(series), series["local_time"], last[series["id"]])
            if wall is None:
                finished.append(series["id"])
            else:
                await make(tx, series, wall)
        if finished:
            await tx.run(_OVER, b_ids=finished, ended_at=tx.now, updated_at=tx.now)
