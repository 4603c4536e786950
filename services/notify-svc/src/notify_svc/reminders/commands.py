"""Every change that a person makes to a reminder."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, update

from notify_svc.inbox import commands as inbox
from notify_svc.reminders import domain, queries
from notify_svc.reminders.domain import Deed, When
from notify_svc.reminders.queries import REMINDER, TRANSITION
from shared.auth import Principal
from shared.db import Record, Tx, prepare
from shared.events.notify import ReminderDone
from shared.http import check_version
from shared.messaging import outbox
from shared.references import recorded_for
from shared.wall_clock import instant

_CHANGING = (
    "assignee_id",
    "subject",
    "subject_code",
    "subject_parameters",
    "note",
    "due_at",
    "local_time",
    "timezone",
    "channels",
    "state",
    "source_id",
    "outcome",
    "snooze_count",
    "closed_at",
    "updated_at",
    "version",
)
_ADD = prepare(insert(REMINDER).returning(REMINDER), *REMINDER.c.keys())
_SAVE = prepare(update(REMINDER).where(REMINDER.c.id == bindparam("b_id")).returning(REMINDER), *_CHANGING)
NOTE_TRANSITION = prepare(insert(TRANSITION), *TRANSITION.c.keys())


def transition(
    tx: Tx, reminder: Record | dict[str, Any], *, deed: str, before: str | None, by: UUID | None
) -> dict[str, Any]:
    """A history row for what just happened to a reminder."""
    return {
        "id": tx.new_id(),
        "reminder_id": reminder["id"],
        "distributor_id": reminder["distributor_id"],
        "deed": deed,
        "from_state": before,
        "to_state": reminder["state"],
        "due_at": reminder["due_at"],
        "by_id": by,
        "created_at": tx.now,
    }


async def add(tx: Tx, *, by: UUID | None, **given: Any) -> Record:
    """Store a new scheduled reminder; what is not given is empty."""
    empty = dict.fromkeys(REMINDER.c.keys())
    row = {
        **empty,
        "subject_parameters": {},
        "channels": ["inbox"],
        "source": "manual",
        **given,
        "id": tx.new_id(),
        "state": "scheduled",
        "snooze_count": 0,
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    added = await tx.row(_ADD, **row)
    await tx.run(NOTE_TRANSITION, **transition(tx, row, deed="create", before=None, by=by))
    return added  # type: ignore[return-value]  # INSERT … RETURNING gives its row


async def save(tx: Tx, before: Record, deed: Deed, *, by: UUID | None, **changes: Any) -> Record:
    """Store a deed's changes as the next version, with its row of history; Conflict if it may not follow."""
    state = domain.next_state(before["state"], deed)
    closed = tx.now if state in ("done", "cancelled") else None
    values = {
        **{name: before[name] for name in _CHANGING},
        **changes,
        "state": state,
        "closed_at": closed,
        "updated_at": tx.now,
        "version": before["version"] + 1,
    }
    async with tx.handing_over():  # to somebody else, out of whose inbox it goes, too
        after = await tx.row(_SAVE, b_id=before["id"], **values)
        if after is None:
            raise LookupError("a locked reminder is gone")
        if deed != "edit":
            await tx.run(NOTE_TRANSITION, **transition(tx, after, deed=deed, before=before["state"], by=by))
        if state != "due":
            await inbox.settle(tx, before["id"])
    return after


def _moment(when: When) -> dict[str, Any]:
    return {"due_at": when.due_at, "local_time": when.local_time, "timezone": when.timezone}


async def create(tx: Tx, given: dict[str, Any], *, distributor_id: UUID | None, caller: Principal) -> Record:
    """A reminder made by hand, for the caller unless somebody else (or null: the queue) is named."""
    moment = {name: given.pop(name) for name in ("due_at", "local_time", "timezone")}
    when = domain.when_of(**moment, now=tx.now)
    return await add(tx, by=caller.id, distributor_id=distributor_id, **given, **_moment(when))


async def change(
    tx: Tx, reminder_id: UUID, changes: dict[str, Any], *, caller: Principal, expected: int | None
) -> Record:
    """Apply a patch; a new moment schedules the reminder again."""
    before = await queries.reminder_for_update(tx, reminder_id, caller=caller)
    check_version(expected, before["version"])
    changes = dict(changes)
    current = When(before["due_at"], before["local_time"], before["timezone"])
    when = domain.rescheduled(current, changes, now=tx.now)
    if "subject" in changes:
        changes |= {"subject_code": None, "subject_parameters": {}}
    deed: Deed = "edit" if when.due_at == current.due_at else "reschedule"
    return await save(tx, before, deed, by=caller.id, **changes | _moment(when))


async def snooze(
    tx: Tx,
    reminder_id: UUID,
    *,
    until: datetime | None,
    minutes: int | None,
    caller: Principal,
    expected: int | None,
) -> Record:
    """Have it come again later; from then on its moment is an instant, no longer a wall time."""
    before = await queries.reminder_for_update(tx, reminder_id, caller=caller)
    check_version(expected, before["version"])
    moment = When(domain.snoozed_until(until=until, minutes=minutes, now=tx.now), None, None)
    count = before["snooze_count"] + 1
    return await save(tx, before, "snooze", by=caller.id, snooze_count=count, **_moment(moment))


async def finish(
    tx: Tx, reminder_id: UUID, *, outcome: str | None, caller: Principal, expected: int | None
) -> Record:
    """It was done; what came of it is kept here and not announced."""
    before = await queries.reminder_for_update(tx, reminder_id, caller=caller)
    check_version(expected, before["version"])
    after = await save(tx, before, "finish", by=caller.id, outcome=outcome)
    outbox.record(
        tx,
        ReminderDone(
            subject=after["id"],
            version=after["version"],
            distributor_id=after["distributor_id"],
            assignee_id=after["assignee_id"],
            customer_id=recorded_for(after),
            done_at=tx.now,
        ),
    )
    return after


async def cancel(tx: Tx, reminder_id: UUID, *, caller: Principal, expected: int | None) -> None:
    """Nobody needs it any more; cancelling twice is cancelling once."""
    before = await queries.reminder_for_update(tx, reminder_id, caller=caller)
    check_version(expected, before["version"])
    if before["state"] != "cancelled":
        await save(tx, before, "cancel", by=caller.id)


async def rederive_some(tx: Tx, *, after: UUID) -> UUID | None:
    """Derive the moments of the next scheduled wall times anew; the last id looked at, None at the end."""
    rows = await queries.scheduled_in_wall_time(tx, after=after)
    for row in rows:
        moment = instant(row["local_time"], ZoneInfo(row["timezone"]))
        if moment != row["due_at"]:
            await save(tx, row, "reschedule", by=None, due_at=moment)
    return rows[-1]["id"] if rows else None
