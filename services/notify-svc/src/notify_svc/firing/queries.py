"""Every SELECT of firing; only the database's clock decides what is due."""

from datetime import timedelta

from sqlalchemy import Integer, Interval, bindparam, exists, func, select

from notify_svc.firing.tables import ReminderOccurrence
from notify_svc.reminders.queries import REMINDER, SCHEDULED
from shared.db import Reader, Record, Tx, prepare

OCCURRENCE = ReminderOccurrence.__table__  # type: ignore[attr-defined]
LATE = timedelta(hours=24)

_due = SCHEDULED, REMINDER.c.due_at <= func.now()
_SOMETHING_DUE = prepare(select(exists(select(REMINDER.c.id).where(*_due))))
_CLAIM = prepare(
    select(
        REMINDER,
        (REMINDER.c.due_at < func.now() - bindparam("late", LATE, type_=Interval)).label("too_late"),
    )
    .where(*_due)
    .order_by(REMINDER.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)


async def something_is_due(reader: Reader) -> bool:
    """Whether the moment of any scheduled reminder has come."""
    due: bool = await reader.value(_SOMETHING_DUE)
    return due


async def claim_due(tx: Tx, most: int) -> list[Record]:
    """The next due reminders, locked, the oldest first, without those that another replica is firing.

    `too_late` says of each whether its moment is more than a day past.
    """
    return await tx.rows(_CLAIM, most=most)
