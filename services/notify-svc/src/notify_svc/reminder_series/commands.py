"""Every change of a series of reminders: for what is to come of it, or for its end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update

from notify_svc.reminder_series import queries
from notify_svc.reminders import commands as reminders
from notify_svc.reminders import domain, occurrences
from notify_svc.reminders.queries import SERIES
from shared.auth import Principal
from shared.db import Record, Tx, prepare
from shared.http import check_version
from shared.problems import Conflict
from shared.recurrence import first_after, normal
from shared.wall_clock import instant

PLAN = ("rrule", "local_time", "timezone")
"""What says when it repeats; a change of the other fields moves nothing."""
_FACTS = (
    "assignee_id",
    "subject",
    "note",
    "channels",
    "only_if",
    "escalate_after_minutes",
    "escalate_to_id",
)
_SAVE = prepare(
    update(SERIES).where(SERIES.c.id == bindparam("b_id")).returning(SERIES),
    *PLAN,
    *_FACTS,
    "ended_at",
    "ended_by",
    "updated_at",
    "version",
)


async def change(
    tx: Tx, series_id: UUID, changes: Mapping[str, Any], *, caller: Principal, expected: int | None
) -> Record:
    """Change a series and its next reminder; one that somebody moved or that is due stays as it is.

    Raises NotFound, Stale, Conflict when it has ended, Invalid for a rule or a start out of bounds.
    """
    before = await _going_on(tx, series_id, caller=caller, expected=expected)
    changes = {**changes, **({"rrule": normal(changes["rrule"])} if "rrule" in changes else {})}
    wanted = {name: value for name, value in changes.items() if before[name] != value}
    if not wanted:
        return before
    moved = not wanted.keys().isdisjoint(PLAN)
    if moved:
        domain.check_zone(changes.get("timezone", before["timezone"]))
        first = occurrences.check_plan({**before, **wanted}, now=tx.now)
    async with tx.handing_over():  # to somebody out of the caller's sight
        after = await _save(tx, before, **wanted)
        pending = await queries.to_come(tx, series_id)
        facts = {name: after[name] for name in _FACTS}
        if not moved:
            for row in pending:
                await reminders.save(tx, row, "edit", by=caller.id, **facts)
            return after
        await _move(tx, after, pending, first, facts=facts, by=caller.id)
    return after


async def _move(
    tx: Tx, series: Record, pending: list[Record], first: datetime, *, facts: Mapping[str, Any], by: UUID
) -> None:
    """Have the next reminder come when the series says now, at a time for which there was none."""
    own = {row["occurs_at_local"] for row in pending}
    taken = await queries.taken(tx, series["id"], since=first) - own
    wall: datetime | None = first
    while wall is not None and wall in taken:
        wall = first_after(occurrences.rule_of(series), series["local_time"], wall)
    if wall is None:
        for row in pending:
            await reminders.save(tx, row, "cancel", by=by)
        return
    if not pending:
        await occurrences.make(tx, series, wall)
    for row in pending[:1]:
        when = {"occurs_at_local": wall, "local_time": wall, "timezone": series["timezone"]}
        due_at = instant(wall, ZoneInfo(series["timezone"]))
        await reminders.save(tx, row, "reschedule", by=by, **facts, **when, due_at=due_at)


async def end(tx: Tx, series_id: UUID, *, caller: Principal, expected: int | None) -> Record:
    """Let it make no more reminders; the next one is cancelled, what is due or was moved stays.

    Raises NotFound, Stale, Conflict when it has ended.
    """
    before = await _going_on(tx, series_id, caller=caller, expected=expected)
    async with tx.handing_over():
        after = await _save(tx, before, ended_at=tx.now, ended_by=caller.id)
        for row in await queries.to_come(tx, series_id):
            await reminders.save(tx, row, "cancel", by=caller.id)
    return after


async def _going_on(tx: Tx, series_id: UUID, *, caller: Principal, expected: int | None) -> Record:
    """The series and its next reminder, locked: reminders first, as firing locks them."""
    await queries.series(tx, series_id, caller=caller)
    async with tx.handing_over():
        await queries.to_come(tx, series_id)
    before = await queries.series_for_update(tx, series_id, caller=caller)
    check_version(expected, before["version"])
    if before["ended_at"] is not None:
        raise Conflict("series_ended", en="This series has ended.", zh="该周期提醒已结束。")
    return before


async def _save(tx: Tx, before: Record, **changes: Any) -> Record:
    values = {
        **{name: before[name] for name in (*PLAN, *_FACTS, "ended_at", "ended_by")},
        **changes,
        "updated_at": tx.now,
        "version": before["version"] + 1,
    }
    after = await tx.row(_SAVE, b_id=before["id"], **values)
    if after is None:
        raise LookupError("a locked series is gone")
    return after
