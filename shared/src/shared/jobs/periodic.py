"""The rows of periodic work: one each, made once by whichever worker starts first."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Interval, bindparam, func, or_
from sqlalchemy.dialects.postgresql import insert

from shared.db import Tx, prepare
from shared.jobs.context import Every
from shared.jobs.queue import MAX_ATTEMPTS
from shared.jobs.tables import UNFINISHED, Job

_T: Any = Job.__table__  # type: ignore[attr-defined]
_NEW = insert(_T).values(
    state="queued",
    run_at=func.now() + bindparam("first_after", type_=Interval()),
    attempts=0,
    max_attempts=MAX_ATTEMPTS,
    fence=0,
    again=False,
    created_at=func.now(),
)
_PLAN = prepare(
    _NEW.on_conflict_do_update(
        index_elements=["dedup_key"],
        index_where=UNFINISHED,
        set_={
            "every_seconds": _NEW.excluded.every_seconds,
            "args": _NEW.excluded.args,
            "run_at": func.least(_T.c.run_at, func.now() + bindparam("every", type_=Interval())),
        },
        where=or_(_T.c.every_seconds != _NEW.excluded.every_seconds, _T.c.args != _NEW.excluded.args),
    ),
    "id",
    "kind",
    "args",
    "dedup_key",
    "every_seconds",
)


async def plan(tx: Tx, periodic: Sequence[Every]) -> None:
    """Make the rows that are missing and bring changed ones up to date; repeating it changes nothing."""
    for every in periodic:
        await tx.run(
            _PLAN,
            id=tx.new_id(),
            kind=every.kind,
            args=dict(every.args),
            dedup_key=every.dedup_key,
            every_seconds=every.seconds,
            every=timedelta(seconds=every.seconds),
            first_after=timedelta(seconds=every.first_after),
        )
