"""Being rid of files that nobody needs: the row goes first, then the object, then the note of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from interaction_svc.attachments import commands, queries
from interaction_svc.attachments.commands import GONE, LATE
from interaction_svc.objects import ObjectStore
from shared.jobs import JobContext, JobHandler

UNUSED_KEPT = timedelta(days=1)
COMING_KEPT = timedelta(hours=1)
"""Longer than any upload may take."""
AT_ONCE = 500


def tidying(store: ObjectStore) -> JobHandler:
    """The work on this store; every step of it can be broken off anywhere and done again."""

    async def tidy(job: JobContext, _: dict[str, Any]) -> None:
        await _drop_unused(job)
        async with job.begin() as tx:
            await tx.run(LATE, b_before=tx.now - COMING_KEPT, since=tx.now)
        await _delete_going(job, store)

    return tidy


async def _drop_unused(job: JobContext) -> None:
    full = True
    while full:
        async with job.begin() as tx:
            ids = await queries.unused(tx, before=tx.now - UNUSED_KEPT, most=AT_ONCE)
            if ids:
                await commands.drop(tx, ids)
            full = len(ids) == AT_ONCE


async def _delete_going(job: JobContext, store: ObjectStore) -> None:
    """Go through all of them, also when the store refuses one; then say so, and it is tried again."""
    after, refused, full = UUID(int=0), 0, True
    while full:
        async with job.db.read() as reader:
            ids = await queries.going(reader, after=after, most=AT_ONCE)
        for key in ids:
            try:
                await store.delete(key)
            except OSError:
                refused += 1
                continue
            async with job.begin() as tx:
                await tx.run(GONE, b_id=key)
        full, after = len(ids) == AT_ONCE, ids[-1] if ids else after
    if refused:
        raise OSError(f"the store did not delete {refused} objects")
