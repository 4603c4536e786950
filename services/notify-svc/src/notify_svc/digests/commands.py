"""Every change of digests: what people want, what is put aside, and the digest itself."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from notify_svc.digests import queries
from notify_svc.digests.domain import Wish, next_digest
from notify_svc.digests.queries import DAY, ENTRY, SETTINGS
from notify_svc.inbox import commands as inbox
from notify_svc.inbox.domain import Notice
from notify_svc.reminders.notices import notice_of
from shared.db import Record, Tx, any_of, prepare
from shared.http import check_version
from shared.wall_clock import shown

MOST = 100
MOST_NAMED = 100
"""So many reminders a digest names; it counts all of them."""
_WISH = ("mode", "timezone", "digest_at", "workdays_only", "country")
_new = insert(SETTINGS)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=[SETTINGS.c.person_id],
        set_={
            **{name: _new.excluded[name] for name in (*_WISH, "next_digest_at", "updated_at")},
            "version": SETTINGS.c.version + 1,
        },
    ).returning(SETTINGS),
    *SETTINGS.c.keys(),
)
_NEXT = prepare(update(SETTINGS).where(SETTINGS.c.person_id == bindparam("b_person")), "next_digest_at")
_TOLD = prepare(insert(DAY).on_conflict_do_nothing().returning(DAY.c.person_id), *DAY.c.keys())
_given = (
    func.unnest(
        bindparam("people", type_=ARRAY(Uuid)),
        bindparam("reminders", type_=ARRAY(Uuid)),
        bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    )
    .table_valued("person_id", "reminder_id", "due_at", name="given")
    .render_derived()
)
_aside = insert(ENTRY).from_select(
    ["person_id", "reminder_id", "due_at", "created_at"],
    select(*_given.c, bindparam("at", type_=DateTime(timezone=True))),
)
_PUT_ASIDE = prepare(
    _aside.on_conflict_do_update(
        index_elements=[ENTRY.c.person_id, ENTRY.c.reminder_id], set_={"due_at": _aside.excluded.due_at}
    )
)
_FORGET = prepare(delete(ENTRY).where(ENTRY.c.person_id == any_of("people")))


def wish_of(row: Record | None) -> Wish:
    """What a person wants, or what everybody gets who never said."""
    return Wish() if row is None else Wish(**{name: row[name] for name in _WISH})


async def choose(tx: Tx, person_id: UUID, wish: Wish, *, expected: int | None) -> Record:
    """Keep how a person wants to be told; what waited for a digest comes at once, if none comes any more.

    Raises Stale.
    """
    before = await queries.settings_for_update(tx, person_id)
    check_version(expected, 0 if before is None else before["version"])
    values = {name: getattr(wish, name) for name in _WISH}
    kept = await tx.row(
        _KEEP,
        **values,
        person_id=person_id,
        next_digest_at=next_digest(wish, tx.now),
        created_at=tx.now,
        updated_at=tx.now,
        version=1,
    )
    if wish.mode == "at_once":
        async with tx.handing_over():
            rows = await queries.still_open(tx, [person_id])
            await inbox.deliver(tx, [_alone(row) for row in rows])
            await tx.run(_FORGET, people=[person_id])
    return kept  # type: ignore[return-value]  # INSERT … RETURNING gives its row


def _alone(row: Record) -> Notice:
    kind: Any = "reminder.missed" if row["state"] == "missed" else "reminder.due"
    return notice_of(row, kind, to_id=row["person_id"])


async def put_aside(tx: Tx, rows: Sequence[Record]) -> None:
    """Keep these reminders for the next digest of their assignees."""
    if rows:
        await tx.run(
            _PUT_ASIDE,
            people=[row["assignee_id"] for row in rows],
            reminders=[row["id"] for row in rows],
            moments=[row["due_at"] for row in rows],
            at=tx.now,
        )


async def tell_due(tx: Tx, most: int = MOST) -> int:
    """Give everybody whose digest is due one item about all that came due; how many people's turn it was.

    Once per person and day by their own clock: after another change of the settings the rest waits.
    """
    turns = await queries.due(tx, most=most)
    if not turns:
        return 0
    waiting = defaultdict[UUID, list[Record]](list)
    for row in await queries.still_open(tx, [turn["person_id"] for turn in turns]):
        waiting[row["person_id"]].append(row)
    told, notices = [], []
    for turn in turns:
        rows = waiting[turn["person_id"]]
        day = shown(tx.now, ZoneInfo(turn["timezone"])).date()
        fresh = {"person_id": turn["person_id"], "day": day, "item_count": len(rows), "created_at": tx.now}
        if await tx.row(_TOLD, **fresh) is not None:
            told.append(turn["person_id"])
            notices += [_digest(turn["person_id"], str(day), rows)] if rows else []
        await tx.run(_NEXT, b_person=turn["person_id"], next_digest_at=next_digest(wish_of(turn), tx.now))
    await inbox.deliver(tx, notices)
    if told:
        await tx.run(_FORGET, people=sorted(told))
    return len(turns)


def _digest(person_id: UUID, day: str, rows: Sequence[Record]) -> Notice:
    last: datetime = rows[-1]["due_at"]
    return Notice(
        recipient_id=person_id,
        kind="reminder.digest",
        subject=None,
        subject_code="reminder.digest",
        subject_parameters={
            "count": len(rows),
            "reminder_ids": [str(row["id"]) for row in rows[:MOST_NAMED]],
        },
        about_id=uuid5(person_id, day),
        customer_id=None,
        distributor_id=None,
        due_at=last,
    )
