"""Scoring outside requests: after a bulk load has gone quiet, each day, and when somebody asks."""

import asyncio
from typing import Any

from scoring_svc.drift.domain import RETRAIN
from scoring_svc.facts import due
from scoring_svc.models.queries import Shelf
from scoring_svc.recommendations.jobs import ask_for_build
from scoring_svc.runs import commands, learning, queries
from scoring_svc.runs.snapshots import snapshot
from shared import operations
from shared.db import Database
from shared.jobs import Every, JobContext, Jobs

SETTLE = "scoring.settle"
DAILY = "scoring.daily"
REQUESTED = "scoring.run"
_DAY = 86_400
_QUIET_SECONDS = 2.0


def scoring_jobs(shelf: Shelf, *, by_itself: bool = True) -> Jobs:
    """The jobs of this service; a fresh database learns its first (prior) model at once.

    Without `by_itself` a person lets each later model speak.
    """

    async def settle(job: JobContext, _args: dict[str, Any]) -> None:
        await _until_quiet(job.db)
        async with job.db.read() as reader:
            outgrown = await learning.is_due(reader, await shelf.champion(reader), job.db)
        scored_since = job.db.now() if outgrown else None
        if outgrown:
            await _run(job, shelf, cause="bulk", learn=True, by_itself=by_itself)
        await due.settle(job.db, scored_since=scored_since)
        async with job.begin() as tx:
            await ask_for_build(tx)

    async def daily(job: JobContext, _args: dict[str, Any]) -> None:
        async with job.db.read() as reader:
            outgrown = await learning.is_due(reader, await shelf.champion(reader), job.db)
        await _run(job, shelf, cause="daily", learn=outgrown, by_itself=by_itself)
        await commands.reconcile_some(job.db, shelf)

    async def requested(job: JobContext, args: dict[str, Any]) -> None:
        cause = args.get("cause", "request")
        await _run(job, shelf, cause=cause, learn=bool(args["learn"]), by_itself=by_itself)

    async def retrain(job: JobContext, _args: dict[str, Any]) -> None:
        async with snapshot(job.db) as taken:
            await learning.learn_and_promote(job.db, shelf, cause="drift", by_itself=False, taken=taken)

    return Jobs(
        {SETTLE: settle, DAILY: daily, REQUESTED: requested, RETRAIN: retrain}, [Every(DAILY, seconds=_DAY)]
    )


async def _until_quiet(database: Database) -> None:
    """Wait until no chunk of a bulk load has come for a few seconds."""
    while True:
        async with database.read() as reader:
            last = await queries.last_due(reader)
        if last is None or (database.now() - (last - due.SETTLING)).total_seconds() > _QUIET_SECONDS:
            return
        await asyncio.sleep(_QUIET_SECONDS / 2)


async def _run(job: JobContext, shelf: Shelf, *, cause: str, learn: bool, by_itself: bool) -> None:
    champion = None if learn else await learning.require_champion(job.db, shelf)

    async def progress(done: int, total: int) -> bool:
        if job.operation_id is None:
            return True
        async with job.begin() as tx:
            await operations.progress(tx, job.operation_id, done=done, total=total)
        return not await job.cancelled()

    async with snapshot(job.db, currency=champion.currency if champion else None) as taken:
        champion = champion or await learning.learn_and_promote(
            job.db, shelf, cause=cause, by_itself=by_itself, taken=taken
        )
        await commands.sweep(job.db, champion, cause=cause, learnt=learn, progress=progress, taken=taken)
