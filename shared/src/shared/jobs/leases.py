"""Who may work on a job: taking it for a while, keeping it, giving it back and closing it.

Only the database's clock decides. Every change but the taking names the fence it was taken with; a worker
whose lease was taken over touches no row and learns it from `LeaseLost`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Interval,
    String,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    update,
)

from shared.db import Reader, Tx, prepare
from shared.jobs.domain import next_run
from shared.jobs.queue import BELL
from shared.jobs.tables import BIG, MOMENT, Job

_T: Any = Job.__table__  # type: ignore[attr-defined]
_FREE: dict[str, Any] = {"lease_until": None, "heartbeat_at": None}


class LeaseLost(Exception):
    """Another worker has the job now: stop, and write nothing more."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job taken by this worker; `planned` is when it should have run, `attempts` counts this one."""

    id: UUID
    kind: str
    args: dict[str, Any]
    planned: datetime
    now: datetime
    attempts: int
    max_attempts: int
    fence: int
    every: timedelta | None
    operation_id: UUID | None


def _interval(name: str) -> Any:
    return bindparam(name, type_=Interval())


_LEASED_UNTIL = func.now() + _interval("lease")
_HELD = and_(
    _T.c.id == bindparam("b_id"), _T.c.fence == bindparam("b_fence", type_=BIG), _T.c.state == "running"
)
_DUE = (
    select(_T.c.id)
    .where(
        _T.c.kind == any_(bindparam("kinds", type_=ARRAY(String))),
        or_(
            and_(_T.c.state == "queued", _T.c.run_at <= func.now()),
            and_(_T.c.state == "running", _T.c.lease_until <= func.now()),
        ),
    )
    .order_by(_T.c.run_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = prepare(
    update(_T)
    .where(_T.c.id == _DUE.c.id)
    .values(
        state="running",
        attempts=_T.c.attempts + 1,
        fence=_T.c.fence + 1,
        lease_until=_LEASED_UNTIL,
        heartbeat_at=func.now(),
    )
    .returning(*_T.c, func.now().label("now"))
)
_HOLD = prepare(select(literal(1)).select_from(_T).where(_HELD).with_for_update(key_share=True, read=True))
_EXTEND = prepare(update(_T).where(_HELD).values(lease_until=_LEASED_UNTIL, heartbeat_at=func.now()))
_DONE = prepare(
    update(_T)
    .where(_HELD)
    .values(
        state=case((_T.c.again, "queued"), else_=bindparam("b_state", type_=String)),
        finished_at=case((_T.c.again, None), else_=func.now()),
        run_at=func.now(),
        attempts=case((_T.c.again, 0), else_=_T.c.attempts),
        again=False,
        last_error=bindparam("b_error", type_=String),
        **_FREE,
    )
    .returning(_T.c.state)
)
_LATER = prepare(
    update(_T)
    .where(_HELD)
    .values(
        state="queued",
        run_at=case(
            (_T.c.again, func.now()), else_=func.coalesce(bindparam("b_run_at", type_=MOMENT), func.now())
        )
        + _interval("wait"),
        attempts=bindparam("b_attempts"),
        again=False,
        last_error=bindparam("b_error", type_=String),
        **_FREE,
    )
)
_ORPHANED = prepare(update(_T).where(_T.c.state == "running").values(lease_until=func.now()))


async def claim(tx: Tx, kinds: Sequence[str], *, most: int, lease: timedelta) -> list[Claimed]:
    """Take up to `most` jobs that are due or whose lease has run out."""
    rows = await tx.rows(_CLAIM, kinds=list(kinds), most=most, lease=lease)
    return [_claimed(row) for row in rows]


async def hold(reader: Reader, job: Claimed) -> None:
    """Make sure that nobody takes the job over before this transaction ends, or raise LeaseLost.

    The key share lock lets heartbeats pass and makes claims skip the row.
    """
    if await reader.value(_HOLD, b_id=job.id, b_fence=job.fence) is None:
        raise LeaseLost


async def extend(tx: Tx, job: Claimed, lease: timedelta) -> None:
    """Keep the job for another while."""
    _held(await tx.run(_EXTEND, b_id=job.id, b_fence=job.fence, lease=lease))


async def finish(tx: Tx, job: Claimed, *, error: str | None = None) -> None:
    """Close the job as done, or as failed for `error`; a periodic one waits for its next time."""
    if job.every is not None:
        planned = next_run(job.planned, job.every, job.now)
        await later(tx, job, wait=timedelta(), attempts=0, error=error, run_at=planned)
        return
    state = "failed" if error else "done"
    after = await tx.value(_DONE, b_id=job.id, b_fence=job.fence, b_state=state, b_error=error)
    _held(0 if after is None else 1)
    if after == "queued":
        tx.after_commit(tx.database.signal(BELL).set)


async def later(
    tx: Tx,
    job: Claimed,
    *,
    wait: timedelta,
    attempts: int,
    error: str | None = None,
    run_at: datetime | None = None,
) -> None:
    """Give the job back, to run `wait` after `run_at` (None: now), with this many attempts used up."""
    _held(
        await tx.run(
            _LATER,
            b_id=job.id,
            b_fence=job.fence,
            wait=wait,
            b_attempts=attempts,
            b_error=error,
            b_run_at=run_at,
        )
    )


async def orphan(tx: Tx) -> int:
    """Let every lease end now; only for the one process that knows of no other worker."""
    return await tx.run(_ORPHANED)


def _held(rows: int) -> None:
    if rows == 0:
        raise LeaseLost


def _claimed(row: Any) -> Claimed:
    every = row["every_seconds"]
    return Claimed(
        id=row["id"],
        kind=row["kind"],
        args=row["args"],
        planned=row["run_at"],
        now=row["now"],
        attempts=row["attempts"],
        max_attempts=row["max_attempts"],
        fence=row["fence"],
        every=None if every is None else timedelta(seconds=every),
        operation_id=row["operation_id"],
    )
