"""Every change of deliveries that somebody asks for: a test, one more try, a replay; and forgetting them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    Integer,
    Interval,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from notify_svc.deliveries import domain, queries
from notify_svc.deliveries.matching import BELL
from notify_svc.deliveries.queries import DELIVERY, EVENT
from notify_svc.webhooks import commands as webhooks
from notify_svc.webhooks import queries as endpoints
from notify_svc.webhooks.domain import KEPT, TEST
from notify_svc.webhooks.queries import ENDPOINT, LANE
from shared import operations
from shared.auth import Principal
from shared.db import Record, Tx, prepare
from shared.problems import Conflict, Invalid, TooMany

REPLAY = "webhooks.replay"
REPLAYED_A_SECOND = 50.0
PAUSE = timedelta(minutes=1)
"""Between two replays of one webhook."""
MOST_AT_ONCE = 500

_ADD_EVENT = prepare(insert(EVENT), *EVENT.c.keys())
# A test goes before everything that waits.
_ADD = prepare(insert(DELIVERY).values(due_at=func.now() - KEPT), *(set(DELIVERY.c.keys()) - {"due_at"}))
_AGAIN = prepare(
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("b_id", type_=Uuid))
    .values(
        state="waiting", due_at=func.now(), tries=0, updated_at=func.now(), version=DELIVERY.c.version + 1
    )
)
_place = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
    .table_valued("id", with_ordinality="place", name="given")
    .render_derived()
)
_ALL_AGAIN = prepare(
    update(DELIVERY)
    .where(DELIVERY.c.id == _place.c.id)
    .values(
        state="waiting",
        tries=0,
        # One after another at the rate of a replay, so that news are not held up by what is old.
        due_at=func.greatest(func.now(), bindparam("begun_at", type_=DateTime(timezone=True)))
        + func.make_interval(
            literal(0),
            literal(0),
            literal(0),
            literal(0),
            literal(0),
            literal(0),
            cast(bindparam("done", type_=BigInteger) + _place.c.place, Float) / REPLAYED_A_SECOND,
        ),
        updated_at=func.now(),
        version=DELIVERY.c.version + 1,
    )
)
_COUNT_REPLAY = prepare(
    update(LANE)
    .where(
        LANE.c.endpoint_id == bindparam("b_id", type_=Uuid),
        LANE.c.replayed_at.is_(None)
        | (LANE.c.replayed_at <= func.now() - bindparam("pause", PAUSE, type_=Interval)),
    )
    .values(replays=LANE.c.replays + 1, replayed_at=func.now())
)
_old_events = (
    select(EVENT.c.id)
    .where(EVENT.c.received_at < func.now() - bindparam("kept", KEPT, type_=Interval))
    .limit(bindparam("most", type_=Integer))
)
_FORGET_EVENTS = prepare(delete(EVENT).where(EVENT.c.id.in_(_old_events)))
_of_deleted = (
    select(DELIVERY.c.id)
    .join(ENDPOINT, ENDPOINT.c.id == DELIVERY.c.endpoint_id)
    .where(ENDPOINT.c.deleted_at.is_not(None))
    .limit(bindparam("most", type_=Integer))
)
_FORGET_DELIVERIES = prepare(delete(DELIVERY).where(DELIVERY.c.id.in_(_of_deleted)))
_FORGET_DELETED = prepare(
    delete(ENDPOINT).where(
        ENDPOINT.c.deleted_at < func.now() - timedelta(hours=1),
        ~select(DELIVERY.c.id).where(DELIVERY.c.endpoint_id == ENDPOINT.c.id).exists(),
    )
)


def _refuse_disabled(state: str) -> None:
    if state != "enabled":
        raise Conflict(
            "webhook_disabled",
            en="This webhook is disabled: enable it first.",
            zh="该 Webhook 已停用，请先启用。",
        )


async def test(tx: Tx, webhook_id: UUID, *, caller: Principal) -> UUID:
    """A test event on its way at once; the id of its delivery. Conflict while the webhook is disabled."""
    await webhooks.touch_lane(tx, webhook_id, caller=caller)
    webhook = await endpoints.webhook_for_update(tx, webhook_id, caller=caller)
    _refuse_disabled(webhook["state"])
    event_id, delivery_id = tx.new_id(), tx.new_id()
    data = domain.plain({"webhook_id": str(webhook_id)})
    about = {"id": event_id, "type": TEST, "occurred_at": tx.now, "distributor_id": webhook["distributor_id"]}
    await tx.run(_ADD_EVENT, **about, data=data, received_at=tx.now)
    row = {
        **dict.fromkeys(DELIVERY.c.keys()),
        "id": delivery_id,
        "endpoint_id": webhook_id,
        "event_id": event_id,
        "event_type": TEST,
        "occurred_at": tx.now,
        "state": "waiting",
        "attempts": 0,
        "tries": 0,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    await tx.run(_ADD, **row)
    tx.after_commit(tx.database.signal(BELL).set)
    return delivery_id


async def redeliver(tx: Tx, delivery_id: UUID, *, caller: Principal) -> None:
    """Send it once more, under the id that it had; Conflict while its webhook is disabled."""
    found = await queries.delivery(tx, delivery_id, caller=caller)
    await webhooks.touch_lane(tx, found["endpoint_id"], caller=caller)
    found = await queries.delivery_for_update(tx, delivery_id, caller=caller)
    _refuse_disabled(found["webhook_state"])
    await tx.run(_AGAIN, b_id=delivery_id)
    tx.after_commit(tx.database.signal(BELL).set)


async def begin_replay(
    tx: Tx, webhook_id: UUID, asked: Mapping[str, Any], *, caller: Principal, service_number: int
) -> tuple[UUID, int]:
    """Send again what occurred within a time; the operation's id and how many it is about.

    Invalid for a time that is none, Conflict while the webhook is disabled, TooMany a minute after another.
    """
    await webhooks.touch_lane(tx, webhook_id, caller=caller)
    webhook = await endpoints.webhook_for_update(tx, webhook_id, caller=caller)
    _refuse_disabled(webhook["state"])
    if asked["start"] >= asked["end"]:
        raise Invalid.at("/to", "not_after_from", en="must be after from", zh="必须晚于 from")
    if await tx.run(_COUNT_REPLAY, b_id=webhook_id) == 0:
        raise TooMany(
            "replayed_just_now",
            en="This webhook was replayed a moment ago.",
            zh="该 Webhook 刚刚重放过，请稍后再试。",
            retry_after=int(PAUSE.total_seconds()),
        )
    window = window_of(webhook_id, asked)
    total = await queries.count_in_window(tx, window)
    args = {
        "webhook": str(webhook_id),
        "start": asked["start"].isoformat(),
        "end": asked["end"].isoformat(),
        "types": asked["types"],
        "only_failed": asked["only_failed"],
        "begun_at": tx.now.isoformat(),
    }
    operation = await operations.start(
        tx, REPLAY, caller.id, service_number=service_number, job=REPLAY, args=args, total=total
    )
    return operation, total


def window_of(webhook_id: UUID, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the statements about a window."""
    return {
        "webhook": webhook_id,
        "start": asked["start"],
        "end": asked["end"],
        "every_type": asked["types"] is None,
        "types": asked["types"] or [],
        "delivered_too": not asked["only_failed"],
    }


async def replay_some(
    tx: Tx, window: Mapping[str, Any], *, after: tuple[datetime, UUID], done: int, begun_at: datetime
) -> list[Record]:
    """Have the next deliveries of a window sent again, each a little later than the one before."""
    rows = await queries.in_window(tx, window, after=after, most=MOST_AT_ONCE)
    if rows:
        await tx.run(_ALL_AGAIN, ids=[row["id"] for row in rows], done=done, begun_at=begun_at)
        tx.after_commit(tx.database.signal(BELL).set)
    return rows


async def forget_some(tx: Tx) -> bool:
    """Forget some of what is over thirty days old or of deleted webhooks; whether there is more."""
    events = await tx.run(_FORGET_EVENTS, most=MOST_AT_ONCE)
    deliveries = await tx.run(_FORGET_DELIVERIES, most=MOST_AT_ONCE)
    await tx.run(_FORGET_DELETED)
    return MOST_AT_ONCE in (events, deliveries)
