"""Work put into the queue inside the caller's transaction, so that it happens exactly if that commits."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, bindparam, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from shared.db import Database, Tx, prepare
from shared.jobs.tables import MOMENT, UNFINISHED, Job

BELL = "jobs"
MAX_ATTEMPTS = 5
KEPT = timedelta(days=7)
_FORGOTTEN_AT_ONCE = 1000
_COLUMNS = ("id", "kind", "args", "max_attempts", "dedup_key", "operation_id")

_T: Any = Job.__table__  # type: ignore[attr-defined]
_NEW = insert(_T).values(
    state="queued",
    run_at=func.coalesce(bindparam("b_run_at", type_=MOMENT), func.now()),
    attempts=0,
    fence=0,
    again=False,
    created_at=func.now(),
)
_ENQUEUE = prepare(
    _NEW.on_conflict_do_update(
        index_elements=["dedup_key"],
        index_where=UNFINISHED,
        set_={
            "again": _T.c.state == "running",
            "run_at": case(
                (_T.c.state == "queued", func.least(_T.c.run_at, _NEW.excluded.run_at)), else_=_T.c.run_at
            ),
        },
    ).returning(_T.c.id),
    *_COLUMNS,
)
_OLD = (
    select(_T.c.id)
    .where(_T.c.finished_at < func.now() - bindparam("kept", type_=Interval()))
    .limit(_FORGOTTEN_AT_ONCE)
    .with_for_update(skip_locked=True)
    .cte("old")
)
_FORGET = prepare(delete(_T).where(_T.c.id == _OLD.c.id))


async def enqueue(
    tx: Tx,
    kind: str,
    args: dict[str, Any],
    *,
    run_at: datetime | None = None,
    dedup_key: str | None = None,
    operation_id: UUID | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> UUID:
    """Have `kind` run with these arguments, at once or from `run_at` on (by the database's clock).

    While an unfinished job has the same `dedup_key` there is no second one: one that waits is brought
    forward, one that runs will run once more with its own arguments. Answers the id of the job that does it.
    """
    job: UUID = await tx.value(
        _ENQUEUE,
        id=tx.new_id(),
        kind=kind,
        args=args,
        b_run_at=run_at,
        max_attempts=max_attempts,
        dedup_key=dedup_key,
        operation_id=operation_id,
    )
    tx.after_commit(tx.database.signal(BELL).set)
    return job


async def forget_old(database: Database) -> None:
    """Delete jobs that ended a week ago, at most a thousand at once."""
    async with database.begin() as tx:
        await tx.run(_FORGET, kept=KEPT)
