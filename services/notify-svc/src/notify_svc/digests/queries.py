"""Every SELECT of digests."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, select, text

from notify_svc.digests.tables import DigestDay, DigestEntry, InboxSettings
from notify_svc.reminders.queries import REMINDER
from shared.db import Reader, Record, Tx, any_of, prepare

SETTINGS: Any = InboxSettings.__table__  # type: ignore[attr-defined]
ENTRY: Any = DigestEntry.__table__  # type: ignore[attr-defined]
DAY: Any = DigestDay.__table__  # type: ignore[attr-defined]

_of = SETTINGS.c.person_id == bindparam("person", type_=Uuid)
_ONE = prepare(select(SETTINGS).where(_of))
_ONE_FOR_UPDATE = prepare(select(SETTINGS).where(_of).with_for_update())
# Held until the commit: who changes over to being told at once waits, and finds what was put aside.
_IN_DIGEST = prepare(
    select(SETTINGS.c.person_id)
    .where(SETTINGS.c.person_id == any_of("people"), SETTINGS.c.mode == "digest")
    .order_by(SETTINGS.c.person_id)
    .with_for_update(read=True)
)
_DUE = prepare(
    select(SETTINGS)
    .where(SETTINGS.c.next_digest_at <= func.now())
    .order_by(SETTINGS.c.next_digest_at, SETTINGS.c.person_id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_OPEN = prepare(
    select(REMINDER, ENTRY.c.person_id)
    .join(ENTRY, ENTRY.c.reminder_id == REMINDER.c.id)
    .where(
        ENTRY.c.person_id == any_of("people"),
        REMINDER.c.assignee_id == ENTRY.c.person_id,
        text("reminder.state IN ('due', 'missed')"),
    )
    .order_by(ENTRY.c.due_at, REMINDER.c.id)
)


async def settings(reader: Reader, person_id: UUID) -> Record | None:
    """How a person wants to be told; None for who never said."""
    return await reader.row(_ONE, person=person_id)


async def settings_for_update(tx: Tx, person_id: UUID) -> Record | None:
    """The same, locked."""
    return await tx.row(_ONE_FOR_UPDATE, person=person_id)


async def in_digest(tx: Tx, people: Iterable[UUID]) -> set[UUID]:
    """Who of these gets a digest, and goes on to until the transaction ends."""
    return {row["person_id"] for row in await tx.rows(_IN_DIGEST, people=sorted(people))}


async def due(tx: Tx, *, most: int) -> list[Record]:
    """The settings of those whose digest is due, locked, without those that another worker is at."""
    return await tx.rows(_DUE, most=most)


async def still_open(tx: Tx, people: Sequence[UUID]) -> list[Record]:
    """What was put aside for these people and is theirs and not done yet, the oldest first."""
    return await tx.rows(_OPEN, people=list(people))
