"""Runs over all customers, and the customers whose facts have just changed."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from scoring_svc.facts import queries as facts
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.runs.progress import Progress
from scoring_svc.runs.queries import everybody
from scoring_svc.runs.snapshots import Snapshot
from scoring_svc.runs.tables import ScoringRun
from scoring_svc.scores import queries as scores
from scoring_svc.scores.commands import Outcome, rescore
from shared.db import Database, Tx, prepare
from shared.events.scoring import ScoringCompleted
from shared.messaging import outbox

CHUNK = 500
_CHUNK_SECONDS = 60
_T: Any = ScoringRun.__table__  # type: ignore[attr-defined]
_NOTE = prepare(insert(_T), *_T.c.keys())


async def rescore_due(database: Database, shelf: Shelf) -> int:
    """Score whoever something happened to, then whom silence has moved; how many. Nothing before a model."""
    total = 0
    while True:
        async with database.begin(timeout=_CHUNK_SECONDS, bulk=True) as tx:
            champion = await shelf.champion(tx)
            if champion is None:
                return total
            customers = await facts.take_due(tx, CHUNK) or await scores.to_review(tx, CHUNK)
            if customers:
                await rescore(tx, customers, champion)
        total += len(customers)
        if not customers:
            return total


async def sweep(
    database: Database,
    champion: Champion,
    *,
    cause: str,
    learnt: bool,
    progress: Progress,
    taken: Snapshot | None = None,
) -> Outcome:
    """Score every customer, because silence changes risks without any event.

    After a bulk load that outgrew the model nobody is held to a tier or stage from before it. From a snapshot
    that was `taken`, scores are written only where they say something else than the ones that stand.
    """
    started, anew = database.now(), cause == "bulk"
    if taken is None:
        outcome = await _swept(database, champion, anew=anew, progress=progress)
    else:
        from scoring_svc.runs.bulk import sweep_over  # noqa: PLC0415 - costs the start half a second

        outcome = await sweep_over(database, taken, champion, anew=anew, progress=progress)
    if outcome.whole:
        async with database.begin() as tx:
            await _complete(tx, champion, outcome, cause=cause, learnt=learnt, started=started)
    return outcome


async def _swept(database: Database, champion: Champion, *, anew: bool, progress: Progress) -> Outcome:
    async with database.read() as reader:
        customers = await everybody(reader)
    outcome = Outcome()
    for first in range(0, len(customers), CHUNK):
        chunk = customers[first : first + CHUNK]
        async with database.begin(timeout=_CHUNK_SECONDS, bulk=True) as tx:
            outcome += await rescore(tx, chunk, champion, anew=anew)
        if not await progress(outcome.scored, len(customers)):
            return replace(outcome, whole=False)
    return outcome


async def _complete(
    tx: Tx, champion: Champion, outcome: Outcome, *, cause: str, learnt: bool, started: datetime
) -> UUID:
    run = tx.new_id()
    await tx.run(
        _NOTE,
        id=run,
        cause=cause,
        learnt=learnt,
        model_id=champion.id,
        scored=outcome.scored,
        changed=outcome.changed,
        warned=outcome.warned,
        started_at=started,
        finished_at=tx.now,
    )
    event = ScoringCompleted(
        subject=run,
        version=1,
        distributor_id=None,
        started_at=started,
        finished_at=tx.now,
        scored=outcome.scored,
        changed=outcome.changed,
        warned=outcome.warned,
    )
    outbox.record(tx, event)
    return run
