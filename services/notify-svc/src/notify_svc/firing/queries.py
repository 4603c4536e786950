"""Every SELECT of firing; only the database's clock decides what is due."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Interval,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    select,
    text,
    true,
)

from notify_svc.firing.tables import ReminderOccurrence
from notify_svc.reminders.queries import REMINDER, SCHEDULED
from shared.db import Reader, Record, Tx, ids, prepare
from shared.references.tables import KNOWN

OCCURRENCE = ReminderOccurrence.__table__  # type: ignore[attr-defined]
LATE = timedelta(hours=24)
FEW = 2000
"""So many due reminders are looked at to see whose they are; of more, their owners are found one by one."""
MOST_OWNERS = 50
"""So many assignees' reminders one transaction fires at most."""
_CANDIDATES = 200
_LOCKS = 0x72656D64  # the first half of our advisory locks; the second is the assignee

# Says it as the index `reminder_turn` does: nobody's reminders are those of the id 0. A CASE, as row security
# lets no index answer a COALESCE: PostgreSQL takes that for something that may leak.
OWNER: Column[UUID] = literal_column(  # type: ignore[assignment]
    "CASE WHEN reminder.assignee_id IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid"
    " ELSE reminder.assignee_id END",
    type_=Uuid,
)
_due = SCHEDULED, REMINDER.c.due_at <= func.now()
_SOMETHING_DUE = prepare(select(exists(select(REMINDER.c.id).where(*_due))))

_oldest = select(OWNER.label("owner")).where(*_due).order_by(REMINDER.c.due_at).limit(FEW).subquery()
_OWNERS_OF_FEW = prepare(
    select(_oldest.c.owner, func.count().label("count")).group_by(_oldest.c.owner).order_by(_oldest.c.owner)
)

_first = (
    select(OWNER.label("owner"), REMINDER.c.due_at.label("due_at"))
    .where(SCHEDULED, bindparam("start", type_=Uuid) <= OWNER)
    .order_by(OWNER, REMINDER.c.due_at)
    .limit(1)
)
_walk = _first.cte("walk", recursive=True)
_next = (
    select(OWNER.label("owner"), REMINDER.c.due_at.label("due_at"))
    .where(SCHEDULED, _walk.c.owner < OWNER)
    .order_by(OWNER, REMINDER.c.due_at)
    .limit(1)
    .lateral("following")
)
_walked = _walk.union_all(select(_next.c.owner, _next.c.due_at).select_from(_walk).join(_next, true()))
_OWNERS_OF_MANY = prepare(select(_walked.c.owner).where(_walked.c.due_at <= func.now()).limit(_CANDIDATES))

_asked = func.unnest(ids("owners")).table_valued(column("owner", Uuid), name="asked").render_derived()
_FREE = prepare(
    select(_asked.c.owner)
    .where(
        func.pg_try_advisory_xact_lock(
            bindparam("locks", _LOCKS, type_=Integer), func.hashtext(func.text(_asked.c.owner))
        )
    )
    .limit(MOST_OWNERS)
)

_turns = (
    select(
        REMINDER.c.id,
        func.row_number().over(order_by=(REMINDER.c.due_at, REMINDER.c.id)).label("turn"),
    )
    .where(*_due, _asked.c.owner == OWNER)
    .order_by(REMINDER.c.due_at, REMINDER.c.id)
    .limit(bindparam("most", type_=BigInteger))
    .lateral("turns")
)
_chosen = (
    select(_turns.c.id)
    .select_from(_asked)
    .join(_turns, true())
    .order_by(_turns.c.turn)
    .limit(bindparam("most", type_=BigInteger))
)
# Asked again of the locked row, and such that no index answers it: the rows are found by their ids.
_STILL = text("(reminder.state = 'scheduled') IS TRUE AND (reminder.due_at <= now()) IS TRUE")
_CLAIM = prepare(
    select(
        REMINDER,
        (REMINDER.c.due_at < func.now() - bindparam("late", LATE, type_=Interval)).label("too_late"),
    )
    .where(_STILL, REMINDER.c.id == func.any(func.array(_chosen.scalar_subquery())))
    .with_for_update(skip_locked=True)
)
_WHO = prepare(select(KNOWN.c.id, KNOWN.c.status).where(KNOWN.c.id == func.any(ids("ids"))))


async def something_is_due(reader: Reader) -> bool:
    """Whether the moment of any scheduled reminder has come."""
    due: bool = await reader.value(_SOMETHING_DUE)
    return due


async def owners_in_turn(tx: Tx, start: UUID) -> list[UUID]:
    """Whose reminders are due, from this id on and then from the first; nobody's are those of the id 0.

    All of them while little is due, else some: whoever comes later in the order is found from a later start.
    """
    few = await tx.rows(_OWNERS_OF_FEW)
    if sum(row["count"] for row in few) < FEW:
        found = [row["owner"] for row in few]
        return [owner for owner in found if owner >= start] + [owner for owner in found if owner < start]
    found = [row["owner"] for row in await tx.rows(_OWNERS_OF_MANY, start=start)]
    if len(found) < _CANDIDATES:
        again = [row["owner"] for row in await tx.rows(_OWNERS_OF_MANY, start=UUID(int=0))]
        found += [owner for owner in again if owner < start]
    return found


async def hold_free(tx: Tx, owners: Sequence[UUID]) -> list[UUID]:
    """Those (at most 50) of whose reminders no other worker is firing some now, held until the commit."""
    rows = await tx.rows(_FREE, owners=list(owners))
    return [row["owner"] for row in rows]


async def claim_due(tx: Tx, owners: Sequence[UUID], most: int) -> list[Record]:
    """The next due reminders of these, locked: each one's oldest, then each one's second, and so on.

    Without those that somebody is changing. `too_late` says whether the moment is more than a day past.
    """
    rows = await tx.rows(_CLAIM, owners=list(owners), most=most)
    return sorted(rows, key=lambda row: (row["due_at"], row["id"]))


async def customer_states(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, str]:
    """The state of each of these customers that is known here."""
    return {row["id"]: row["status"] for row in await tx.rows(_WHO, ids=list(customers))}
