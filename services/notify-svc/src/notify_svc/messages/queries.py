"""Every SELECT over messages."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Interval,
    LargeBinary,
    Uuid,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    true,
)

from notify_svc.messages.schemas import MessageQuery
from notify_svc.messages.tables import Message, MessageAttempt, SuppressedAddress
from notify_svc.senders.queries import LANE
from notify_svc.senders.queries import T as SENDER
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

T: Any = Message.__table__  # type: ignore[attr-defined]
ATTEMPT: Any = MessageAttempt.__table__  # type: ignore[attr-defined]
SUPPRESSED: Any = SuppressedAddress.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(T)
MINUTE = timedelta(minutes=1)

# As text, not as an argument: a generic plan can use a partial index only if it sees the value.
PENDING = text("message.state = 'pending'")
_due = (PENDING, T.c.not_before <= func.now())
_one = select(T).where(T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update(of=T))
_ATTEMPTS = prepare(
    select(ATTEMPT).where(ATTEMPT.c.message_id == bindparam("b_id", type_=Uuid)).order_by(ATTEMPT.c.number)
)
_ANYTHING = prepare(select(exists(select(T.c.id).where(*_due))))
_LANES = prepare(
    select(SENDER, LANE.c.fence)
    .join(LANE, LANE.c.sender_id == SENDER.c.id)
    .where(
        SENDER.c.active,
        or_(LANE.c.lease_until.is_(None), LANE.c.lease_until < func.now()),
        or_(LANE.c.rest_until.is_(None), LANE.c.rest_until <= func.now()),
        exists(select(T.c.id).where(T.c.sender_id == SENDER.c.id, *_due)),
    )
    .order_by(SENDER.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=LANE, skip_locked=True)
)
_DUE = prepare(
    select(T)
    .where(T.c.sender_id == bindparam("b_sender", type_=Uuid), *_due)
    .order_by(T.c.not_before, T.c.id)
    .limit(bindparam("most", type_=Integer))
)
_RECENT = prepare(
    select(
        func.count().label("count"),
        func.min(ATTEMPT.c.at).label("oldest"),
    ).where(
        ATTEMPT.c.sender_id == bindparam("b_sender", type_=Uuid),
        ATTEMPT.c.at > func.now() - bindparam("within", MINUTE, type_=Interval),
    )
)
_SUPPRESSED = prepare(
    select(SUPPRESSED.c.hash).where(
        SUPPRESSED.c.hash == func.any(bindparam("hashes", type_=ARRAY(LargeBinary)))
    )
)
_LIST = Listing(
    select(T),
    key=T.c.id,
    sorts={"created_at": T.c.created_at},
    default="-created_at",
    filters={
        "state": lambda value: T.c.state == value,
        "channel": lambda value: T.c.channel == value,
        "purpose": lambda value: T.c.purpose == value,
        "source": lambda value: T.c.source == value,
        "source_id": lambda value: T.c.source_id == value,
        "sender_id": lambda value: T.c.sender_id == value,
        "customer_id": kept_by(T.c.customer_id),
        "created_at_gte": lambda value: T.c.created_at >= value,
        "created_at_lt": lambda value: T.c.created_at < value,
    },
)


class Recent(NamedTuple):
    """How often a sender was used within a minute, and when first."""

    used: int
    oldest: Any


async def message(reader: Reader, message_id: UUID) -> dict[str, Any]:
    """One message in sight with its attempts, or 404."""
    row = _found(await reader.row(_ONE, b_id=message_id, **sight(reader.scope)))
    return {**row, "log": [dict(each) for each in await reader.rows(_ATTEMPTS, b_id=message_id)]}


async def message_for_update(tx: Tx, message_id: UUID) -> dict[str, Any]:
    """One message in sight, locked, or 404."""
    return _found(await tx.row(_ONE_FOR_UPDATE, b_id=message_id, **sight(tx.scope)))


async def messages(reader: Reader, query: MessageQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the messages in sight."""
    return await _LIST.page(reader, query, sealer, where=visible(reader.scope, SIGHT) or [true()])


async def anything_due(reader: Reader) -> bool:
    """Whether any message waits whose time has come."""
    found: bool = await reader.value(_ANYTHING)
    return found


async def free_lanes(tx: Tx, most: int) -> list[Record]:
    """Senders that have something due and are in nobody's hands, locked."""
    return await tx.rows(_LANES, most=most)


async def due(reader: Reader, sender_id: UUID, most: int) -> list[Record]:
    """What is due by this sender, the oldest first."""
    return await reader.rows(_DUE, b_sender=sender_id, most=most)


async def recent(reader: Reader, sender_id: UUID) -> Recent:
    """How much of its minute a sender has used."""
    row = await reader.row(_RECENT, b_sender=sender_id)
    return Recent(row["count"], row["oldest"]) if row else Recent(0, None)


async def suppressed(reader: Reader, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of these addresses that do not exist."""
    if not hashes:
        return set()
    return {row["hash"] for row in await reader.rows(_SUPPRESSED, hashes=list(hashes))}


def _found(row: Record | None) -> dict[str, Any]:
    if row is None:
        raise not_found("message", "消息")
    return dict(row)
