"""What the inbox keeps: which events are handled, and which wait for another attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from shared.db import Reader, Tx, prepare
from shared.messaging.bus import Delivery
from shared.messaging.tables import Inbox, InboxRetry

_i = Inbox.metadata.tables["inbox"]
_r = InboxRetry.metadata.tables["inbox_retry"]

_CONSUMER = bindparam("b_consumer", type_=Text)
_EVENT = bindparam("b_event", type_=Uuid)
_EVENTS = bindparam("ids", type_=ARRAY(Uuid))
_AT = bindparam("at", type_=DateTime(timezone=True))
_mine = (_r.c.consumer == _CONSUMER) & (_r.c.event_id == _EVENT)

_given = func.unnest(_EVENTS).table_valued("event_id", name="given").render_derived()
_RECEIVE = prepare(
    insert(_i)
    .from_select(
        ["consumer", "event_id", "received_at"],
        select(cast(_CONSUMER, Text), _given.c.event_id, cast(_AT, DateTime(timezone=True))).order_by(
            _given.c.event_id
        ),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
    .returning(_i.c.event_id)
)
_HANDLED = prepare(
    select(_i.c.event_id).where(_i.c.consumer == _CONSUMER, _i.c.event_id == func.any(_EVENTS))
)
_counting = insert(_r).values(
    consumer=_CONSUMER,
    event_id=_EVENT,
    payload=cast(bindparam("b_payload", type_=Text), JSON),
    attempts=1,
    retry_at=bindparam("b_until", type_=DateTime(timezone=True)),
    exchange=bindparam("b_exchange", type_=Text),
    routing_key=bindparam("b_key", type_=Text),
    first_at=_AT,
    last_at=_AT,
)
_COUNT = prepare(
    _counting.on_conflict_do_update(
        index_elements=[_r.c.consumer, _r.c.event_id],
        set_={
            "attempts": _r.c.attempts + 1,
            "retry_at": _counting.excluded.retry_at,
            "last_at": _counting.excluded.last_at,
        },
    ).returning(_r.c.attempts)
)
_AGAIN = prepare(
    _counting.values(attempts=0).on_conflict_do_update(
        index_elements=[_r.c.consumer, _r.c.event_id],
        set_={"attempts": 0, "retry_at": _counting.excluded.retry_at},
    )
)
_POSTPONE = prepare(update(_r).where(_mine), "retry_at", "error_class")
_FORGET = prepare(delete(_r).where(_mine).returning(_r.c.first_at))
_due = (
    select(_r.c.event_id)
    .where(_r.c.consumer == _CONSUMER, _r.c.retry_at <= _AT)
    .order_by(_r.c.retry_at)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_TAKE_DUE = prepare(
    update(_r)
    .where(_r.c.consumer == _CONSUMER, _r.c.event_id == _due)
    .values(
        attempts=_r.c.attempts + 1,
        retry_at=bindparam("b_until", type_=DateTime(timezone=True)),
        last_at=_AT,
    )
    .returning(cast(_r.c.payload, Text).label("body"), _r.c.exchange, _r.c.routing_key, _r.c.attempts)
)
_old = (
    select(_i.c.event_id)
    .where(
        _i.c.consumer == _CONSUMER, _i.c.received_at < bindparam("b_before", type_=DateTime(timezone=True))
    )
    .limit(bindparam("most", type_=Integer))
)
_CLEAR = prepare(delete(_i).where(_i.c.consumer == _CONSUMER, _i.c.event_id.in_(_old)))


@dataclass(frozen=True, slots=True)
class Due:
    """An event whose next attempt is due, and how many that makes."""

    delivery: Delivery
    attempts: int


async def receive(tx: Tx, consumer: str, events: Sequence[UUID]) -> set[UUID]:
    """Note these events as handled by this transaction; those that were not handled before."""
    rows = await tx.rows(_RECEIVE, b_consumer=consumer, ids=list(events), at=tx.now)
    return {row["event_id"] for row in rows}


async def handled(db: Reader, consumer: str, events: Sequence[UUID]) -> set[UUID]:
    """Those of these events whose effects are committed."""
    rows = await db.rows(_HANDLED, b_consumer=consumer, ids=list(events))
    return {row["event_id"] for row in rows}


async def count(tx: Tx, consumer: str, event: UUID, delivery: Delivery, *, lease: timedelta) -> int:
    """Note an attempt that begins or has failed; how many that makes. The next may begin after the lease."""
    made: int = await tx.value(_COUNT, **_values(tx, consumer, event, delivery, tx.now + lease))
    return made


async def again(tx: Tx, consumer: str, event: UUID, delivery: Delivery) -> None:
    """Have an event tried now, as if it had never been."""
    await tx.run(_AGAIN, **_values(tx, consumer, event, delivery, tx.now))


async def postpone(tx: Tx, consumer: str, event: UUID, until: datetime, error_class: str) -> None:
    """Have the next attempt at this moment."""
    await tx.run(_POSTPONE, b_consumer=consumer, b_event=event, retry_at=until, error_class=error_class)


async def forget(tx: Tx, consumer: str, event: UUID) -> datetime | None:
    """Try no more; the moment of the first attempt that was counted, if one was."""
    first_at: datetime | None = await tx.value(_FORGET, b_consumer=consumer, b_event=event)
    return first_at


async def take_due(tx: Tx, consumer: str, *, lease: timedelta) -> Due | None:
    """Begin and count the next attempt that is due; nobody else begins it before the lease ends."""
    row = await tx.row(_TAKE_DUE, b_consumer=consumer, at=tx.now, b_until=tx.now + lease)
    if row is None:
        return None
    return Due(Delivery(row["body"], row["exchange"], row["routing_key"], redelivered=True), row["attempts"])


async def clear(tx: Tx, consumer: str, *, older_than: timedelta, most: int = 1000) -> int:
    """Forget what was handled longer ago; how many (call again while it is `most`)."""
    return await tx.run(_CLEAR, b_consumer=consumer, b_before=tx.now - older_than, most=most)


def _values(tx: Tx, consumer: str, event: UUID, delivery: Delivery, until: datetime) -> dict[str, object]:
    return {
        "b_consumer": consumer,
        "b_event": event,
        "b_payload": delivery.body,
        "b_until": until,
        "b_exchange": delivery.exchange,
        "b_key": delivery.routing_key,
        "at": tx.now,
    }
