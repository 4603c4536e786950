"""Every change that a person makes to a reminder."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, insert, update

from notify_svc.inbox import commands as inbox
from notify_svc.inbox.domain import UNASSIGNED
from notify_svc.reminders import domain, history, occurrences, queries
from notify_svc.reminders.domain import CLOSED, When
from notify_svc.reminders.notices import notice_of
from notify_svc.reminders.queries import REMINDER
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
    "occurs_at_local",
    "timezone",
    "channels",
    "state",
    "source_id",
    "only_if",
    "event_subject_id",
    "escalate_after_minutes",
    "escalate_to_id",
    "escalates_at",
    "escalated_at",
    "outcome",
    "snooze_count",
    "closed_at",
    "updated_at",
    "version",
)
_ADD = prepare(insert(REMINDER).returning(REMINDER), *REMINDER.c.keys())
_ADD_MANY = prepare(insert(REMINDER), *REMINDER.c.keys())
_SAVE = prepare(update(REMINDER).where(REMINDER.c.id == bindparam("b_id")).returning(REMINDER), *_CHANGING)


async def add(tx: Tx, *, by: UUID | None, **given: Any) -> Record:
    """Store a new scheduled reminder (or one that is `waiting`); what is not given is empty."""
    row = _fresh(tx, given, by)
    added = await tx.row(_ADD, **row)
    await history.note(tx, history.Deed("create", None, row["state"], by=by), [row])
    return added  # type: ignore[return-value]  # INSERT … RETURNING gives its row


async def add_many(tx: Tx, many: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Store reminders that the system makes, scheduled, in two round trips; their ids in the same order."""
    rows = [_fresh(tx, given, None) for given in many]
    if rows:
        await tx.run_many(_ADD_MANY, rows)
        await history.note(tx, history.Deed("create", None, "scheduled"), rows)
    return [row["id"] for row in rows]


def _fresh(tx: Tx, given: Mapping[str, Any], by: UUID | None) -> dict[str, Any]:
    return {
        **dict.fromkeys(REMINDER.c.keys()),
        "subject_parameters": {},
        "only_if": {},
        "channels": ["inbox"],
        "source": "manual",
        "state": "scheduled",
        **given,
        "id": tx.new_id(),
        "snooze_count": 0,
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }


async def save(
    tx: Tx,
    before: Record,
    deed: domain.Deed,
    *,
    by: UUID | None,
    said: Mapping[str, Any] | None = None,
    why: str | None = None,
    **changes: Any,
) -> Record:
    """Store a deed's changes as the next version, with its row of history; Conflict if it may not follow.

    `said` is what the history keeps besides: a note, who handed it on to whom; `why` is a code. When one of a
    series is over, the next one is made.
    """
    state = domain.next_state(before["state"], deed)
    wish = {**before, **changes}
    values = {
        **{name: before[name] for name in _CHANGING},
        "escalates_at": domain.escalates_at(wish, state, now=tx.now),
        **changes,
        "state": state,
        "closed_at": tx.now if state in CLOSED else None,
        "updated_at": tx.now,
        "version": before["version"] + 1,
    }
    async with tx.handing_over():  # to somebody else, out of whose inbox it goes, too
        after = await tx.row(_SAVE, b_id=before["id"], **values)
        if after is None:
            raise LookupError("a locked reminder is gone")
        if deed != "edit":
            done = history.Deed(deed, before["state"], state, by=by, **(said or {}))
            await history.note(tx, done, [after], [why])
        if state != "due" and deed != "delegate":
            await inbox.settle(tx, before["id"])
        if state in CLOSED:
            await occurrences.make_next(tx, [after])
    return after


def _moment(when: When) -> dict[str, Any]:
    return {"due_at": when.due_at, "local_time": when.local_time, "timezone": when.timezone}


async def create(tx: Tx, given: dict[str, Any], *, distributor_id: UUID | None, caller: Principal) -> Record:
    """A reminder made by hand, for the caller unless somebody else (or null: the queue) is named.

    With `rrule` it is the first of a series, with `after` it waits for an event of its customer.
    """
    moment = {name: given.pop(name) for name in ("due_at", "local_time", "timezone", "rrule", "after")}
    rrule, after = moment.pop("rrule"), moment.pop("after")
    facts = {**given, "distributor_id": distributor_id}
    if rrule is not None:
        wall = domain.wall_time_of(**moment, after=after)
        return await occurrences.begin(tx, {**facts, **wall, "rrule": rrule}, by=caller.id)
    if after is not None:
        domain.check_waits(after, **moment, customer_id=given["customer_id"])
        wait = {"state": "waiting", "after": after, "after_event": after["event"]}
        return await add(tx, by=caller.id, **facts, **wait, due_at=tx.now + domain.LONGEST_WAIT)
    return await add(tx, by=caller.id, **facts, **_moment(domain.when_of(**moment, now=tx.now)))


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
    deed: domain.Deed = "edit" if when.due_at == current.due_at else "reschedule"
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


async def delegate(
    tx: Tx,
    reminder_id: UUID,
    *,
    to_id: UUID,
    note: str | None,
    caller: Principal,
    expected: int | None,
) -> Record:
    """Hand it on to somebody else, who is told at once; it goes out of the box of who had it.

    Raises NotFound, Stale, Conflict when it is over, Invalid for who has it already.
    """
    before = await queries.reminder_for_update(tx, reminder_id, caller=caller)
    check_version(expected, before["version"])
    domain.check_other(before["assignee_id"], to_id)
    said = {"note": note, "from_id": before["assignee_id"], "to_id": to_id}
    after = await save(tx, before, "delegate", by=caller.id, said=said, assignee_id=to_id)
    async with tx.handing_over():
        await inbox.settle(tx, reminder_id, of=before["assignee_id"] or UNASSIGNED)
        await inbox.deliver(tx, [notice_of(after, "reminder.delegated", to_id=to_id)])
    return after


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
