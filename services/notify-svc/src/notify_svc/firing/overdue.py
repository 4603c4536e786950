"""What nobody touched for too long after it was due, and what waited in vain for its event."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, select, text, update

from notify_svc.inbox import commands as inbox
from notify_svc.reminders import commands as reminders
from notify_svc.reminders import history
from notify_svc.reminders.history import Deed
from notify_svc.reminders.notices import notice_of
from notify_svc.reminders.queries import REMINDER
from shared.db import Record, Tx, any_of, prepare

MOST = 200

_SILENT = prepare(
    select(REMINDER)
    .where(
        text("reminder.state = 'due' AND reminder.escalates_at IS NOT NULL"),
        REMINDER.c.escalates_at <= func.now(),
    )
    .order_by(REMINDER.c.escalates_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_ESCALATE = prepare(
    update(REMINDER).where(REMINDER.c.id == any_of("b_ids")).values(version=REMINDER.c.version + 1),
    "escalates_at",
    "escalated_at",
    "updated_at",
)
_IN_VAIN = prepare(
    select(REMINDER)
    .where(text("reminder.state = 'waiting'"), REMINDER.c.due_at <= func.now())
    .order_by(REMINDER.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)


async def escalate_silent(tx: Tx, most: int = MOST) -> int:
    """Tell whom it may concern of reminders that are due and untouched for too long, once; how many.

    The assignee keeps them.
    """
    rows = await tx.rows(_SILENT, most=most)
    if not rows:
        return 0
    given = {"escalates_at": None, "escalated_at": tx.now, "updated_at": tx.now}
    await tx.run(_ESCALATE, b_ids=[row["id"] for row in rows], **given)
    ways = defaultdict[tuple[UUID | None, UUID | None], list[Record]](list)
    for row in rows:
        ways[row["assignee_id"], row["escalate_to_id"]].append(row)
    for (from_id, to_id), some in ways.items():
        await history.note(tx, Deed("escalate", "due", "due", from_id=from_id, to_id=to_id), some)
    await inbox.deliver(
        tx, [notice_of(row, "reminder.escalated", to_id=row["escalate_to_id"]) for row in rows]
    )
    return len(rows)


async def give_up_waiting(tx: Tx, most: int = MOST) -> int:
    """Report reminders whose event did not come in time as missed; how many."""
    rows = await tx.rows(_IN_VAIN, most=most)
    for row in rows:
        await reminders.save(tx, row, "miss", by=None)
    await inbox.deliver(tx, [notice_of(row, "reminder.missed", to_id=row["assignee_id"]) for row in rows])
    return len(rows)
