"""Every SELECT of reminders, for reading and for loading-to-change."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Uuid,
    bindparam,
    func,
    or_,
    select,
    text,
)

from notify_svc.reminders.tables import Reminder, ReminderSeries, ReminderTransition
from shared.auth import Principal
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

REMINDER = Reminder.__table__  # type: ignore[attr-defined]
TRANSITION = ReminderTransition.__table__  # type: ignore[attr-defined]
SERIES = ReminderSeries.__table__  # type: ignore[attr-defined]

# As text, not as an argument: a generic plan can use a partial index only if it sees the value.
SCHEDULED = text("reminder.state = 'scheduled'")

_MINE = or_(
    bindparam("sees_all", type_=Boolean),
    REMINDER.c.assignee_id == bindparam("person", type_=Uuid),
    REMINDER.c.created_by == bindparam("person", type_=Uuid),
)
SIGHT = through_customer(REMINDER, REMINDER.c.assignee_id, REMINDER.c.created_by)
_one = select(REMINDER).where(REMINDER.c.id == bindparam("id", type_=Uuid), _MINE, in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_IN_WALL_TIME = prepare(
    select(REMINDER)
    .where(
        SCHEDULED,
        REMINDER.c.timezone.is_not(None),
        REMINDER.c.due_at > func.now(),
        REMINDER.c.id > bindparam("after", type_=Uuid),
    )
    .order_by(REMINDER.c.id)
    .limit(500)
    .with_for_update(skip_locked=True)
)
_HISTORY = Listing(
    select(TRANSITION),
    key=TRANSITION.c.id,
    sorts={"created_at": TRANSITION.c.created_at},
    default="created_at",
    filters={},
)
_REMINDERS = Listing(
    select(REMINDER),
    key=REMINDER.c.id,
    sorts={"due_at": REMINDER.c.due_at, "created_at": REMINDER.c.created_at},
    default="due_at",
    filters={
        "assignee_id": lambda value: REMINDER.c.assignee_id == value,
        "customer_id": kept_by(REMINDER.c.customer_id),
        "queue": lambda _: REMINDER.c.assignee_id.is_(None),
        "state": lambda value: REMINDER.c.state == value,
        "source": lambda value: REMINDER.c.source == value,
        "series_id": lambda value: REMINDER.c.series_id == value,
        "rule_id": lambda value: REMINDER.c.rule_id == value,
        "due_at_gte": lambda value: REMINDER.c.due_at >= value,
        "due_at_lt": lambda value: REMINDER.c.due_at < value,
    },
)


def _mine(caller: Principal) -> list[ColumnElement[bool]]:
    if caller.may("reminders:all"):
        return []
    return [or_(REMINDER.c.assignee_id == caller.id, REMINDER.c.created_by == caller.id)]


async def reminders_page(
    reader: Reader, query: ListQuery, sealer: Sealer, *, caller: Principal
) -> dict[str, Any]:
    """One page of the reminders that the caller may see: their own, those they made, or all."""
    where = [*visible(reader.scope, SIGHT), *_mine(caller)]
    return await _REMINDERS.page(reader, query, sealer, where=where)


def _seen(found: Record | None) -> Record:
    if found is None:
        raise not_found("reminder", "提醒")
    return found


async def reminder(reader: Reader, reminder_id: UUID, *, caller: Principal) -> Record:
    """One reminder; NotFound unless the caller may see it."""
    everything = caller.may("reminders:all")
    asked = {"id": reminder_id, "person": caller.id, "sees_all": everything}
    return _seen(await reader.row(_ONE, **asked, **sight(reader.scope)))


async def reminder_for_update(tx: Tx, reminder_id: UUID, *, caller: Principal) -> Record:
    """One reminder, locked; NotFound unless the caller may see it."""
    everything = caller.may("reminders:all")
    asked = {"id": reminder_id, "person": caller.id, "sees_all": everything}
    return _seen(await tx.row(_ONE_FOR_UPDATE, **asked, **sight(tx.scope)))


async def history_page(
    reader: Reader, reminder_id: UUID, query: ListQuery, sealer: Sealer, *, caller: Principal
) -> dict[str, Any]:
    """One page of what happened to a reminder, the oldest first; NotFound unless the caller may see it."""
    await reminder(reader, reminder_id, caller=caller)
    return await _HISTORY.page(reader, query, sealer, where=[TRANSITION.c.reminder_id == reminder_id])


async def scheduled_in_wall_time(tx: Tx, *, after: UUID) -> list[Record]:
    """The next scheduled reminders (at most 500, by id) whose moment is derived from a wall time, locked."""
    return await tx.rows(_IN_WALL_TIME, after=after)
