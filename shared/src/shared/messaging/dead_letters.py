"""Events that a service gave up, for an operator to look at and to replay."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import JSON, Text, Uuid, bindparam, cast, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.db import Reader, Record, Tx, prepare
from shared.events.base import Reason
from shared.messaging import inbox_rows
from shared.messaging.bus import Delivery
from shared.messaging.tables import DeadLetter

RETRY_BELL = "inbox_retry"
_LONGEST_BODY = 1_000_000

ParkReason = Reason | Literal["unhandled", "attempts_exhausted", "crashed"]

_d = DeadLetter.metadata.tables["dead_letter"]
_inserted = insert(_d).values(payload=cast(bindparam("b_payload", type_=Text), JSON))
_WRITTEN_ANEW = ("reason", "error_class", "attempts", "last_at")
_PARK = prepare(
    _inserted.on_conflict_do_update(
        index_elements=[_d.c.consumer, _d.c.event_id],
        set_={name: _inserted.excluded[name] for name in _WRITTEN_ANEW} | {"replayed_at": None},
    ),
    *(column.name for column in _d.columns if column.name != "replayed_at"),
)
_ONE = prepare(select(_d).where(_d.c.id == bindparam("b_id", type_=Uuid)))
_LETTER = prepare(
    select(
        _d.c.consumer, _d.c.event_id, cast(_d.c.payload, Text).label("body"), _d.c.exchange, _d.c.routing_key
    ).where(_d.c.id == bindparam("b_id", type_=Uuid))
)
_REPLAYED = prepare(update(_d).where(_d.c.id == bindparam("b_id", type_=Uuid)), "replayed_at")


@dataclass(frozen=True, slots=True)
class Parking:
    """Why an event is given up; `event_id` and `type` as far as they could be read."""

    reason: ParkReason
    attempts: int
    error_class: str | None = None
    event_id: UUID | None = None
    type: str | None = None


async def park(tx: Tx, consumer: str, delivery: Delivery, parking: Parking) -> UUID:
    """Keep an event aside and try it no more; parking it again renews the reason. The event's id."""
    event_id = parking.event_id or uuid5(NAMESPACE_OID, delivery.body)
    first_at: datetime | None = await inbox_rows.forget(tx, consumer, event_id)
    await tx.run(
        _PARK,
        id=tx.new_id(),
        consumer=consumer,
        event_id=event_id,
        type=parking.type,
        b_payload=_storable(delivery.body),
        reason=parking.reason,
        error_class=parking.error_class,
        attempts=parking.attempts,
        exchange=delivery.exchange,
        routing_key=delivery.routing_key,
        first_at=first_at or tx.now,
        last_at=tx.now,
    )
    return event_id


async def one(db: Reader, letter_id: UUID) -> Record | None:
    """A dead letter with its payload."""
    return await db.row(_ONE, b_id=letter_id)


async def replay(tx: Tx, letter_id: UUID) -> bool:
    """Have the event tried again at once, with all its attempts; False if there is no such dead letter.

    An event whose effects are committed meanwhile changes nothing, however often it is replayed.
    """
    row = await tx.row(_LETTER, b_id=letter_id)
    if row is None:
        return False
    delivery = Delivery(row["body"], row["exchange"], row["routing_key"], redelivered=True)
    # The waiting row first, then the letter: in the order of parking, or the two wait for each other.
    await inbox_rows.again(tx, row["consumer"], row["event_id"], delivery)
    await tx.run(_REPLAYED, b_id=letter_id, replayed_at=tx.now)
    tx.after_commit(tx.database.signal(RETRY_BELL).set)
    return True


def _storable(body: str) -> str:
    """The body as JSON text: itself if it is JSON, otherwise a JSON string of it."""
    try:
        json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return json.dumps(body[:_LONGEST_BODY])
    return body


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
