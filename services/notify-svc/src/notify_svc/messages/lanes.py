"""Senders in a worker's hands: taken, held and let go under a fence."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Float,
    Integer,
    Interval,
    Uuid,
    bindparam,
    func,
    literal,
    or_,
    update,
)

from notify_svc.messages import queries
from notify_svc.messages.commands import sort_out
from notify_svc.senders.queries import LANE, Sender
from shared.db import Tx, prepare

LEASE = timedelta(seconds=90)
_TAKE = prepare(
    update(LANE)
    .where(LANE.c.sender_id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .values(fence=LANE.c.fence + 1, lease_until=func.now() + bindparam("lease", type_=Interval))
)
_TAKE_ONE = prepare(
    update(LANE)
    .where(
        LANE.c.sender_id == bindparam("b_sender", type_=Uuid),
        or_(LANE.c.lease_until.is_(None), LANE.c.lease_until < func.now()),
    )
    .values(fence=LANE.c.fence + 1, lease_until=func.now() + bindparam("lease", type_=Interval))
    .returning(LANE.c.fence)
)
_held = (
    LANE.c.sender_id == bindparam("b_sender", type_=Uuid),
    LANE.c.fence == bindparam("b_fence", type_=BigInteger),
)
_HOLD = prepare(
    update(LANE)
    .where(*_held)
    .values(lease_until=func.now() + bindparam("lease", type_=Interval))
    .returning(LANE.c.failures)
)
_LEAVE = prepare(
    update(LANE)
    .where(*_held)
    .values(
        lease_until=None,
        failures=bindparam("b_failures", type_=Integer),
        rest_until=func.now() + func.make_interval(*(literal(0),) * 6, bindparam("b_rest", type_=Float)),
    )
)
_LET_GO = prepare(update(LANE).where(*_held).values(lease_until=None))


class LaneLost(Exception):
    """Another worker sends by this sender now."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A sender in this worker's hands."""

    sender: Sender
    fence: int
    lease: timedelta = LEASE


async def prepare_lanes(tx: Tx, most: int, lease: timedelta = LEASE) -> list[Lane]:
    """Give messages without a sender one, end those whose time is over, and take free senders in hand."""
    await sort_out(tx)
    rows = await queries.free_lanes(tx, most)
    if rows:
        await tx.run(_TAKE, ids=[row["id"] for row in rows], lease=lease)
    return [Lane(row, row["fence"] + 1, lease) for row in rows]


async def take_one(tx: Tx, sender: Sender, lease: timedelta) -> Lane | None:
    """This sender for so long, also while it rests or is not active; None while it is in other hands."""
    fence = await tx.value(_TAKE_ONE, b_sender=sender["id"], lease=lease)
    return None if fence is None else Lane(sender, fence, lease)


async def hold(tx: Tx, lane: Lane) -> int:
    """Keep the sender for another while, and how often it failed in a row; LaneLost if it is another's."""
    held = await tx.row(_HOLD, b_sender=lane.sender["id"], b_fence=lane.fence, lease=lane.lease)
    if held is None:
        raise LaneLost
    failures: int = held["failures"]
    return failures


async def leave(tx: Tx, lane: Lane, *, failures: int, rest: float) -> None:
    """Let the sender go; it rests for so many seconds."""
    await tx.run(_LEAVE, b_sender=lane.sender["id"], b_fence=lane.fence, b_failures=failures, b_rest=rest)


async def let_go(tx: Tx, lane: Lane) -> None:
    """Give a sender back as it was, also to whoever has it meanwhile."""
    await tx.run(_LET_GO, b_sender=lane.sender["id"], b_fence=lane.fence)
