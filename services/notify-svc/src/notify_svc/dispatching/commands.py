"""What came of attempts, written for a whole batch; a worker that lost its lane writes nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)

from notify_svc.deliveries import domain
from notify_svc.deliveries.domain import GONE, Outcome
from notify_svc.deliveries.queries import ATTEMPT, DELIVERY, WAITING
from notify_svc.dispatching.queries import LEASE, Lane
from notify_svc.webhooks import ending
from notify_svc.webhooks.queries import LANE
from shared.db import Record, Tx, prepare

_MOMENT = DateTime(timezone=True)


class LaneLost(Exception):
    """Another worker sends to this webhook now."""


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_held = (
    LANE.c.endpoint_id == bindparam("b_webhook", type_=Uuid),
    LANE.c.fence == bindparam("b_fence", type_=BigInteger),
)
_HOLD = prepare(
    update(LANE)
    .where(*_held)
    .values(lease_until=func.now() + bindparam("lease", type_=Interval))
    .returning(LANE.c.endpoint_id, LANE.c.failing_since, func.now().label("now"))
)
_RELEASE = prepare(update(LANE).where(*_held).values(lease_until=None))
_tried = (
    func.unnest(
        _array("ids", Uuid),
        _array("deliveries", Uuid),
        _array("numbers", Integer),
        _array("moments", _MOMENT),
        _array("durations", Integer),
        _array("statuses", Integer),
        _array("reasons", Text),
        _array("answers", LargeBinary),
    )
    .table_valued(
        *("id", "delivery_id", "number", "started_at", "duration_ms", "status", "reason", "answer"),
        name="given",
    )
    .render_derived()
)
_NOTE = prepare(insert(ATTEMPT).from_select([*_tried.c.keys()], select(*_tried.c)))
_told = (
    func.unnest(
        _array("ids", Uuid),
        _array("states", Text),
        _array("waits", Float),
        _array("statuses", Integer),
        _array("reasons", Text),
        _array("counts", Integer),
    )
    .table_valued("id", "state", "wait", "status", "reason", "count", name="told")
    .render_derived()
)
_SETTLE = prepare(
    update(DELIVERY)
    .where(DELIVERY.c.id == _told.c.id, WAITING)
    .values(
        state=_told.c.state,
        due_at=case(
            (
                _told.c.state == "waiting",
                func.now() + func.make_interval(*(literal(0),) * 6, _told.c.wait),
            )
        ),
        attempts=DELIVERY.c.attempts + _told.c.count,
        tries=DELIVERY.c.tries + _told.c.count,
        last_status=_told.c.status,
        last_reason=_told.c.reason,
        delivered_at=case((_told.c.state == "delivered", func.now()), else_=DELIVERY.c.delivered_at),
        updated_at=func.now(),
        version=DELIVERY.c.version + 1,
    )
)
_rest = func.now() + func.make_interval(*(literal(0),) * 6, bindparam("b_rest", type_=Float))
_STAND = prepare(
    update(LANE)
    .where(LANE.c.endpoint_id == bindparam("b_webhook", type_=Uuid))
    .values(
        failing_since=bindparam("b_failing", type_=_MOMENT),
        rest_until=_rest,
        delivered=LANE.c.delivered + bindparam("b_delivered", type_=BigInteger),
        failed_attempts=LANE.c.failed_attempts + bindparam("b_failed", type_=BigInteger),
        last_success_at=func.coalesce(bindparam("b_success", type_=_MOMENT), LANE.c.last_success_at),
        last_failure_at=func.coalesce(bindparam("b_failure", type_=_MOMENT), LANE.c.last_failure_at),
        last_failure_reason=func.coalesce(bindparam("b_reason", type_=Text), LANE.c.last_failure_reason),
    )
)


async def hold(tx: Tx, lane: Lane, *, lease: timedelta = LEASE) -> Record:
    """Keep the lane for another while, and how it stands; LaneLost if somebody has a higher fence."""
    held = await tx.row(_HOLD, b_webhook=lane.webhook_id, b_fence=lane.fence, lease=lease)
    if held is None:
        raise LaneLost
    return held


async def note(
    tx: Tx,
    held: Record,
    due: Mapping[UUID, Record],
    outcomes: Sequence[Outcome],
    skipped: Mapping[UUID, str],
    *,
    chance: Callable[[], float],
) -> None:
    """Write down a batch: its attempts, what becomes of its deliveries, and how the webhook stands.

    `held` is the lane as `hold` gave it; `skipped` are deliveries of which nothing was sent, with the reason.
    """
    if outcomes:
        await tx.run(_NOTE, **_attempts(tx, due, outcomes))
    await tx.run(_SETTLE, **_settled(due, outcomes, skipped, chance))
    if outcomes:
        await _stand(tx, held, outcomes)


def _attempts(tx: Tx, due: Mapping[UUID, Record], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "ids": [tx.new_id() for _ in outcomes],
        "deliveries": [each.delivery_id for each in outcomes],
        "numbers": [due[each.delivery_id]["attempts"] + 1 for each in outcomes],
        "moments": [each.started_at for each in outcomes],
        "durations": [each.duration_ms for each in outcomes],
        "statuses": [each.status for each in outcomes],
        "reasons": [each.reason for each in outcomes],
        "answers": [each.answer for each in outcomes],
    }


def _settled(
    due: Mapping[UUID, Record],
    outcomes: Sequence[Outcome],
    skipped: Mapping[UUID, str],
    chance: Callable[[], float],
) -> dict[str, Any]:
    """Arguments by delivery, in one order in which all writers lock them."""
    rows = [(each.delivery_id, *_fate(due, each, chance), each.status, each.reason, 1) for each in outcomes]
    rows += [(delivery_id, "skipped", None, None, reason, 0) for delivery_id, reason in skipped.items()]
    columns = list(zip(*sorted(rows, key=lambda row: row[0]), strict=True)) or [()] * 6
    names = ("ids", "states", "waits", "statuses", "reasons", "counts")
    return dict(zip(names, map(list, columns), strict=True))


def _fate(
    due: Mapping[UUID, Record], outcome: Outcome, chance: Callable[[], float]
) -> tuple[str, float | None]:
    if outcome.reason is None:
        return "delivered", None
    tries = due[outcome.delivery_id]["tries"] + 1
    wait = None if outcome.status == GONE else domain.next_wait(tries, outcome.retry_after, chance())
    return ("failed", None) if wait is None else ("waiting", wait)


async def _stand(tx: Tx, held: Record, outcomes: Sequence[Outcome]) -> None:
    good = [each for each in outcomes if each.reason is None]
    bad = [each for each in outcomes if each.reason is not None]
    failing = domain.first_failure(held["failing_since"], outcomes)
    await tx.run(
        _STAND,
        b_webhook=held["endpoint_id"],
        b_failing=failing,
        b_rest=max(domain.pause(failing, held["now"]), *(each.retry_after or 0.0 for each in outcomes)),
        b_delivered=len(good),
        b_failed=len(bad),
        b_success=_last(good),
        b_failure=_last(bad),
        b_reason=bad[-1].reason if bad else None,
    )
    if any(each.status == GONE for each in bad):
        await ending.give_up(tx, held["endpoint_id"], "gone", failing_since=failing)
    elif domain.given_up(failing, held["now"]):
        await ending.give_up(tx, held["endpoint_id"], "failing", failing_since=failing)


def _last(outcomes: Sequence[Outcome]) -> datetime | None:
    return max(
        (each.started_at + timedelta(milliseconds=each.duration_ms) for each in outcomes), default=None
    )


async def release(tx: Tx, lane: Lane) -> None:
    """Let others send there at once; one that lost its lane changes nothing."""
    await tx.run(_RELEASE, b_webhook=lane.webhook_id, b_fence=lane.fence)
