"""Firing: occurrence, inbox item, event and new state in one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from notify_svc.firing import queries
from notify_svc.firing.queries import OCCURRENCE
from notify_svc.inbox import commands as inbox
from notify_svc.inbox.domain import UNASSIGNED, Notice
from notify_svc.reminders.commands import NOTE_TRANSITION, transition
from notify_svc.reminders.domain import next_state
from notify_svc.reminders.queries import REMINDER
from shared.db import Record, Tx, prepare
from shared.events.notify import ReminderDue
from shared.messaging import outbox
from shared.references import recorded_for

MOST = 500


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_given = (
    func.unnest(
        _array("ids", Uuid),
        _array("reminders", Uuid),
        _array("distributors", Uuid),
        _array("moments", DateTime(timezone=True)),
        _array("results", Text),
    )
    .table_valued("id", "reminder_id", "distributor_id", "due_at", "result", name="given")
    .render_derived()
)
_NOTE = prepare(
    insert(OCCURRENCE)
    .from_select(
        ["id", "reminder_id", "distributor_id", "due_at", "result", "created_at"],
        select(*_given.c, bindparam("at", type_=DateTime(timezone=True))),
    )
    .on_conflict_do_nothing(index_elements=[OCCURRENCE.c.reminder_id, OCCURRENCE.c.due_at])
    .returning(OCCURRENCE.c.reminder_id)
)
_ADVANCE = prepare(
    update(REMINDER)
    .where(REMINDER.c.id == func.any(_array("b_ids", Uuid)))
    .values(version=REMINDER.c.version + 1),
    "state",
    "updated_at",
)


async def fire_due(tx: Tx, most: int = MOST) -> int:
    """Fire the next due reminders, each moment once; how many were claimed.

    What is more than a day late is not fired but missed, and reported to its assignee.
    """
    claimed = await queries.claim_due(tx, most)
    if not claimed:
        return 0
    fired = [row for row in claimed if not row["too_late"]]
    missed = [row for row in claimed if row["too_late"]]
    fresh = await _note_occurrences(tx, claimed)
    await _advance(tx, fired, "fire")
    await _advance(tx, missed, "miss")
    await inbox.deliver(tx, [_notice(row) for row in claimed if row["id"] in fresh])
    for row in fired:
        if row["id"] in fresh:
            outbox.record(tx, _event(row))
    return len(claimed)


async def _note_occurrences(tx: Tx, claimed: Sequence[Record]) -> set[UUID]:
    rows = await tx.rows(
        _NOTE,
        ids=[tx.new_id() for _ in claimed],
        reminders=[row["id"] for row in claimed],
        distributors=[row["distributor_id"] for row in claimed],
        moments=[row["due_at"] for row in claimed],
        results=["missed" if row["too_late"] else "fired" for row in claimed],
        at=tx.now,
    )
    return {row["reminder_id"] for row in rows}


async def _advance(tx: Tx, rows: Sequence[Record], deed: Any) -> None:
    if not rows:
        return
    state = next_state("scheduled", deed)
    await tx.run(_ADVANCE, b_ids=[row["id"] for row in rows], state=state, updated_at=tx.now)
    history = [
        transition(tx, {**row, "state": state}, deed=deed, before="scheduled", by=None) for row in rows
    ]
    await tx.run_many(NOTE_TRANSITION, history)


def _notice(row: Record) -> Notice:
    return Notice(
        recipient_id=row["assignee_id"] or UNASSIGNED,
        kind="reminder.missed" if row["too_late"] else "reminder.due",
        subject=row["subject"],
        subject_code=row["subject_code"],
        subject_parameters=row["subject_parameters"],
        about_id=row["id"],
        customer_id=row["customer_id"],
        distributor_id=row["distributor_id"],
        due_at=row["due_at"],
    )


def _event(row: Record) -> ReminderDue:
    return ReminderDue(
        subject=row["id"],
        version=row["version"] + 1,
        distributor_id=row["distributor_id"],
        assignee_id=row["assignee_id"],
        customer_id=recorded_for(row),
        due_at=row["due_at"],
        reason=row["source"],
    )
