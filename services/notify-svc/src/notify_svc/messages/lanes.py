"""Senders in a worker's hands: taken, held and let go under a fence."""

from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, Float, Integer, Interval, Uuid, bindparam, func, literal, update

from notify_svc.messages import queries
from notify_svc.messages.commands import sort_out
from notify_svc.messages.queries import LEASE
from notify_svc.senders.queries import LANE
from shared.db import Record, Tx, prepare

_TAKE = prepare(
    update(LANE)
    .where(LANE.c.sender_id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .values(fence=LANE.c.fence + 1, lease_until=func.now() + bindparam("lease", LEASE, type_=Interval))
)
_held = (
    LANE.c.sender_id == bindparam("b_sender", type_=Uuid),
    LANE.c.fence == bindparam("b_fence", type_=BigInteger),
)
_HOLD = prepare(
    update(LANE)
    .where(*_held)
    .values(lease_until=func.now() + bindparam("lease", LEASE, type_=Interval))
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


class LaneLost(Exception):
    """Another worker sends by this sender now."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A sender in this worker's hands."""

    sender: Record
    fence: int


async def prepare_lanes(tx: Tx, most: int) -> list[Lane]:
    """Give messages without a sender one, end those whose time is over, and take free senders in hand."""
    await sort_out(tx)
    rows = await queries.free_lanes(tx, most)
    if rows:
        await tx.run(_TAKE, ids=[row["id"] for row in rows])
    return [Lane(row, row["fence"] + 1) for row in rows]


async def hold(tx: Tx, lane: Lane) -> int:
    """Keep the sender for another while, and how often it failed in a row; LaneLost if it is another's."""
    held = await tx.row(_HOLD, b_sender=lane.sender["id"], b_fence=lane.fence)
    if held is None:
        raise LaneLost
    failures: int = held["failures"]
    return failures


async def leave(tx: Tx, lane: Lane, *, failures: int, rest: float) -> None:
    """Let the sender go; it rests for so many seconds."""
    await tx.run(_LEAVE, b_sender=lane.sender["id"], b_fence=lane.fence, b_failures=failures, b_rest=rest)
