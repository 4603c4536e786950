"""Door for time: a replay in steps, and forgetting what is old."""

from datetime import datetime
from typing import Any
from uuid import UUID

from notify_svc.deliveries import commands
from shared import operations
from shared.jobs import JobContext

FORGET = "webhooks.forget"
_FIRST = UUID(int=0)


async def forget(job: JobContext, _args: dict[str, Any]) -> None:
    """Forget what is old, a batch a transaction."""
    more = True
    while more:
        async with job.begin() as tx:
            more = await commands.forget_some(tx)


async def replay(job: JobContext, args: dict[str, Any]) -> None:
    """From where the last worker stopped; cancelling it leaves on their way those that it came to."""
    if job.operation_id is None:
        raise ValueError("a replay belongs to an operation")
    start, end, begun = (datetime.fromisoformat(args[name]) for name in ("start", "end", "begun_at"))
    window = commands.window_of(UUID(args["webhook"]), {**args, "start": start, "end": end})
    more = True
    while more and not await job.cancelled():
        async with job.begin() as tx:
            so_far = await operations.reported(tx, job.operation_id) or {}
            done = int(so_far.get("replayed", 0))
            after = (
                datetime.fromisoformat(so_far["after_at"]) if "after_at" in so_far else start,
                UUID(so_far["after"]) if "after" in so_far else _FIRST,
            )
            rows = await commands.replay_some(tx, window, after=after, done=done, begun_at=begun)
            more = bool(rows)
            if rows:
                done += len(rows)
                last = {"after_at": rows[-1]["occurred_at"].isoformat(), "after": str(rows[-1]["id"])}
                await operations.progress(tx, job.operation_id, done=done, result={"replayed": done, **last})
            elif not so_far:
                await operations.progress(tx, job.operation_id, done=0, result={"replayed": 0})
