"""The outbox: events recorded in the transaction of the change that they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from shared.db import Reader, Tx, Write, prepare
from shared.events import Event, to_json
from shared.messaging.tables import Outbox
from shared.telemetry.trace import current_traceparent

BELL = "outbox"
_NOTE = "outbox"
_LOCK = 0x6F757462  # advisory locks are per database, so one number serves every service

_o = Outbox.metadata.tables["outbox"]


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_given = (
    func.unnest(
        _array("ids", Uuid),
        _array("aggregates", Uuid),
        _array("versions", Integer),
        _array("types", Text),
        _array("payloads", Text),
    )
    .table_valued("id", "aggregate", "version", "type", "payload", with_ordinality="place", name="given")
    .render_derived()
)

_INSERT = prepare(
    insert(_o).from_select(
        ["id", "aggregate_id", "aggregate_version", "type", "payload", "created_at"],
        select(
            _given.c.id,
            _given.c.aggregate,
            _given.c.version,
            _given.c.type,
            cast(_given.c.payload, JSON),
            bindparam("at", type_=DateTime(timezone=True)),
        ).order_by(_given.c.place),
        include_defaults=False,
    )
)
_alone = select(func.pg_try_advisory_xact_lock(bindparam("key", _LOCK))).scalar_subquery()  # asked once
_UNPUBLISHED = prepare(
    select(
        _o.c.id,
        _o.c.seq,
        _o.c.aggregate_id,
        _o.c.type,
        cast(_o.c.payload, Text).label("body"),
        _o.c.created_at,
    )
    .where(_alone, _o.c.published_at.is_(None), _o.c.seq > bindparam("after", type_=_o.c.seq.type))
    .order_by(_o.c.seq)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_PUBLISHED = prepare(
    update(_o).where(_o.c.id == func.any(_array("ids", Uuid))).values(last_error=None), "published_at"
)
_FAILED = prepare(
    update(_o)
    .where(_o.c.id == func.any(_array("ids", Uuid)))
    .values(attempts=_o.c.attempts + 1, last_error=bindparam("b_error", type_=Text))
)
_old = (
    select(_o.c.id)
    .where(_o.c.published_at < bindparam("before", type_=DateTime(timezone=True)))
    .limit(bindparam("most", type_=Integer))
)
_CLEAR = prepare(delete(_o).where(_o.c.id.in_(_old)))
_BACKLOG = prepare(
    select(
        func.count().label("unpublished"),
        func.count().filter(_o.c.attempts > 0).label("failing"),
        func.min(_o.c.created_at).label("oldest_at"),
    ).where(_o.c.published_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event on its way out; `body` is the JSON text of its CloudEvent.

    `suspect` marks what may have been in hand when an earlier process of this service ended.
    """

    id: UUID
    seq: int
    aggregate_id: UUID
    type: str
    body: str
    created_at: datetime
    suspect: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be told: how many, how many of them failed before, since when (None: nothing waits)."""

    unpublished: int
    failing: int
    oldest_at: datetime | None


def record(tx: Tx, event: Event) -> UUID:
    """Have the event told once the transaction commits, and not otherwise; returns the event's id.

    Rows are written in one statement just before the commit; then the relay's bell rings. Two events of one
    type about one version of one aggregate are refused by the database.
    """
    pending: list[tuple[UUID, Event, str | None]] | None = tx.notes.get(_NOTE)
    if pending is None:
        pending = tx.notes[_NOTE] = []
        tx.before_commit(_flush)
        tx.after_commit(tx.database.signal(BELL).set)
    event_id = tx.new_id()
    pending.append((event_id, event, current_traceparent()))
    return event_id


def _flush(tx: Tx) -> Write:
    pending: list[tuple[UUID, Event, str | None]] = tx.notes.pop(_NOTE)
    bodies = [to_json(event, event_id, tx.now, trace) for event_id, event, trace in pending]
    return _INSERT, {
        "ids": [event_id for event_id, _, _ in pending],
        "aggregates": [event.subject for _, event, _ in pending],
        "versions": [event.version for _, event, _ in pending],
        "types": [event.type for _, event, _ in pending],
        "payloads": bodies,
        "at": tx.now,
    }


async def take(tx: Tx, *, after: int, most: int, suspect: bool = False) -> list[OutboxRow]:
    """Lock the next unpublished events beyond `after` in order; none while another relay is at it."""
    rows = await tx.rows(_UNPUBLISHED, after=after, most=most)
    return [OutboxRow(**row, suspect=suspect) for row in rows]


async def mark(tx: Tx, *, published: Sequence[UUID], failed: Sequence[UUID], error: str) -> None:
    """Note what became of the events that were taken; the failed ones stay and are taken again."""
    if published:
        await tx.run(_PUBLISHED, ids=list(published), published_at=tx.now)
    if failed:
        await tx.run(_FAILED, ids=list(failed), b_error=error)


async def clear(tx: Tx, *, older_than: timedelta, most: int = 1000) -> int:
    """Forget events that were published longer ago; how many (call again while it is `most`)."""
    return await tx.run(_CLEAR, before=tx.now - older_than, most=most)


async def backlog(db: Reader) -> Backlog:
    """What waits to be told now."""
    row = await db.row(_BACKLOG)
    return Backlog(**row) if row is not None else Backlog(0, 0, None)


__all__ = ["BELL", "Backlog", "OutboxRow", "backlog", "clear", "mark", "record", "take"]
