"""Every SELECT of sending; only the database's clock decides what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Integer,
    Interval,
    Uuid,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from notify_svc.deliveries.domain import Listener
from notify_svc.deliveries.queries import (
    DELIVERY,
    EVENT,
    GOOD,
    LISTENING,
    STANDING,
    WAITING,
    understood,
)
from notify_svc.webhooks.queries import ENDPOINT, LANE
from shared.db import Reader, Record, Tx, prepare

LEASE = timedelta(seconds=60)

_due = (DELIVERY.c.endpoint_id == ENDPOINT.c.id, WAITING, DELIVERY.c.due_at <= func.now())
_free = (
    ENDPOINT.c.state == "enabled",
    or_(LANE.c.lease_until.is_(None), LANE.c.lease_until <= func.now()),
    or_(LANE.c.rest_until.is_(None), LANE.c.rest_until <= func.now()),
)
_ANYTHING_DUE = prepare(
    select(
        exists(
            select(true())
            .select_from(ENDPOINT.join(LANE, LANE.c.endpoint_id == ENDPOINT.c.id))
            .where(*_free, exists(select(true()).where(*_due)))
        )
    )
)
_next = (
    select(LANE.c.endpoint_id)
    .select_from(
        STANDING.join(LANE, LANE.c.endpoint_id == ENDPOINT.c.id)  # one row a lane, whatever stands beside it
    )
    .where(*GOOD, *_free, exists(select(true()).where(*_due)))
    # Whoever was served longest ago comes first, so that a full lane does not come before the others.
    .order_by(LANE.c.served_at.asc().nulls_first())
    .limit(bindparam("most", type_=Integer))
    .with_for_update(of=LANE, skip_locked=True)
    .cte("next")
)
_CLAIM = prepare(
    update(LANE)
    .where(LANE.c.endpoint_id == _next.c.endpoint_id)
    .values(
        fence=LANE.c.fence + 1,
        lease_until=func.now() + bindparam("lease", type_=Interval),
        served_at=func.now(),
    )
    .returning(LANE.c.endpoint_id, LANE.c.fence)
)
_TURN = prepare(
    select(
        *LISTENING,
        ENDPOINT.c.url,
        ENDPOINT.c.secret,
        ENDPOINT.c.previous_secret,
        (ENDPOINT.c.previous_until > func.now()).label("overlaps"),
        LANE.c.failing_since,
    )
    .select_from(STANDING.join(LANE, LANE.c.endpoint_id == ENDPOINT.c.id))
    .where(
        *GOOD,
        ENDPOINT.c.state == "enabled",
        ENDPOINT.c.id == bindparam("webhook", type_=Uuid),
        LANE.c.fence == bindparam("fence", type_=BigInteger),
        or_(LANE.c.rest_until.is_(None), LANE.c.rest_until <= func.now()),
    )
)
_DUE = prepare(
    select(
        DELIVERY.c.id,
        DELIVERY.c.attempts,
        DELIVERY.c.tries,
        EVENT.c.type,
        EVENT.c.occurred_at,
        EVENT.c.distributor_id,
        EVENT.c.data,
    )
    .select_from(DELIVERY.join(EVENT, EVENT.c.id == DELIVERY.c.event_id))
    .where(
        DELIVERY.c.endpoint_id == bindparam("webhook", type_=Uuid), WAITING, DELIVERY.c.due_at <= func.now()
    )
    .order_by(DELIVERY.c.due_at)
    .limit(bindparam("most", type_=Integer))
)


@dataclass(frozen=True, slots=True)
class Lane:
    """The right to send to a webhook until the lease ends or somebody has a higher fence."""

    webhook_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A webhook as it is at the beginning of a batch, and what is due for it."""

    listener: Listener
    webhook: Record
    due: Sequence[Record]


async def anything_due(reader: Reader) -> bool:
    """Whether any lane that is free has something due."""
    due: bool = await reader.value(_ANYTHING_DUE)
    return due


async def claim(tx: Tx, *, most: int, lease: timedelta = LEASE) -> list[Lane]:
    """Lanes with something due that nobody holds, each with a new fence."""
    rows = await tx.rows(_CLAIM, most=most, lease=lease)
    return [Lane(row["endpoint_id"], row["fence"]) for row in rows]


async def turn(reader: Reader, lane: Lane, *, most: int) -> Turn | None:
    """What is due now; None when the lane is lost, or nothing may be sent any more."""
    webhook = await reader.row(_TURN, webhook=lane.webhook_id, fence=lane.fence)
    if webhook is None:
        return None
    (listener,) = await understood(reader, [webhook])
    # Of one that fails a single delivery shows whether it still does.
    share = most if webhook["failing_since"] is None else 1
    return Turn(listener, webhook, await reader.rows(_DUE, webhook=lane.webhook_id, most=share))
