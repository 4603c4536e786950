"""Door for time: messages that are long done with are forgotten, with their attempts."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Integer, Interval, bindparam, delete, func, select

from notify_svc.messages.queries import T
from shared.db import Tx, prepare
from shared.jobs import JobContext, JobHandler

JOB = "messages.forget"
LEAST_DAYS = 400
"""So long at least: until then a `dedup_key` keeps what is said once a year from being said twice."""
MOST_AT_ONCE = 1000
_old = (
    select(T.c.id)
    .where(
        T.c.created_at < func.now() - bindparam("kept", type_=Interval),
        T.c.updated_at < func.now() - bindparam("kept", type_=Interval),
        T.c.state != "pending",
    )
    .order_by(T.c.created_at, T.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("old")
    .prefix_with("MATERIALIZED")
)
_FORGET = prepare(delete(T).where(T.c.id == _old.c.id))


async def forget_some(tx: Tx, kept: timedelta, most: int = MOST_AT_ONCE) -> bool:
    """Forget some of what was done with so long ago; whether there may be more. What waits stays."""
    return await tx.run(_FORGET, kept=kept, most=most) == most


def forgetting(kept: timedelta) -> JobHandler:
    """The daily work, a batch a transaction."""

    async def forget(job: JobContext, _args: dict[str, Any]) -> None:
        more = True
        while more:
            async with job.begin() as tx:
                more = await forget_some(tx, kept)

    return forget
