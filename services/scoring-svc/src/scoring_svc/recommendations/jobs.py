"""What is bought together is learnt anew each night, and when a bulk load has gone quiet."""

import asyncio
from typing import Any

from scoring_svc.recommendations import commands, learning
from shared.db import Tx
from shared.jobs import Every, JobContext, Jobs, enqueue

BUILD = "recommendations.build"
_DAILY = Every(BUILD, seconds=86_400)
_LONG_SECONDS = 1800


async def build(job: JobContext, _args: dict[str, Any]) -> None:
    """Read, learn, and let the result speak."""
    async with job.db.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        as_of = tx.now
        shelves = await learning.read(tx, as_of)
    built = await asyncio.to_thread(learning.learnt, shelves)
    async with job.begin(timeout=_LONG_SECONDS) as tx:
        await commands.replace(tx, built, as_of)


async def ask_for_build(tx: Tx) -> None:
    """Have the nightly build come at once."""
    await enqueue(tx, BUILD, {}, dedup_key=_DAILY.dedup_key)


RECOMMENDATION_JOBS = Jobs({BUILD: build}, [_DAILY])
