"""Runs over all customers, and the customers whose facts have just changed."""

import random
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from scoring_svc.facts import due
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.runs.queries import everybody, next_due
from scoring_svc.runs.snapshots import Progress, Snapshot
from scoring_svc.runs.tables import ScoringRun
from scoring_svc.scores import queries as scores
from scoring_svc.scores.commands import Outcome, rescore
from scoring_svc.states.reconciling import Compared, reconcile
from scoring_svc.warnings.queue import fill_all
from shared.db import Database, Tx, prepare
from shared.events.scoring import ScoringCompleted
from shared.messaging import outbox

CHUNK = 500
RECONCILED = 5_000
"""Customers a day whose states are held against the log."""

_CHUNK_SECONDS = 60
_MANY = 100
"""From so many on it may be a load that tables have grown by since statements were planned."""
_T: Any = ScoringRun.__table__  # type: ignore[attr-defined]
_NOTE = prepare(insert(_T), *_T.c.keys())


async def rescore_due(database: Database, shelf: Shelf) -> int:
    """Score whoever something happened to, then whom silence has moved; how many. Nothing before a model.

    Who is marked while the last of them are scored rings the bell that has this called again.
    """
    total, many = 0, True
    while many:
        async with database.read() as reader:
            found = await next_due(reader, shelf, CHUNK, now=database.now())
        if found is None:
            return total
        champion, taken = found
        if taken.customers:
            done = await _of_facts(database, champion, taken)
        else:
            done = await _of_silence(database, champion)
        total, many = total + done, done == CHUNK or (done > 0 and not taken.customers)
    return total


async def _of_facts(database: Database, champion: Champion, taken: due.Taken) -> int:
    try:
        many = len(taken.customers) >= _MANY
        async with database.begin(timeout=_CHUNK_SECONDS, bulk=many) as tx:
            await rescore(tx, taken.customers, champion)
            due.done(tx, taken)
    except Exception:
        await due.give_back(database, taken)
        raise
    return len(taken.customers)


async def _of_silence(database: Database, champion: Champion) -> int:
    async with database.begin(timeout=_CHUNK_SECONDS) as tx:
        customers = await scores.to_review(tx, CHUNK)
        if len(customers) >= _MANY:
            await tx.plan_anew()
        if customers:
            await rescore(tx, customers, champion)
    return len(customers)


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

    After a bulk load that outgrew the model nobody is held to a tier or stage from before it. What waits for
    an owner with a capacity is raised when everybody is scored. With a snapshot `taken`, scores are made and
    written only where they say something else than those that stand.
    """
    started, anew = database.now(), cause == "bulk"
    if taken is None or taken.currency != champion.currency:
        outcome = await _swept(database, champion, anew=anew, progress=progress)
    else:
        from scoring_svc.runs.bulk import sweep_over  # noqa: PLC0415 - costs the start half a second

        outcome = await sweep_over(database, taken, champion, anew=anew, progress=progress)
    await fill_all(database)
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
            outcome += await rescore(tx, chunk, champion, anew=anew, hold=True)
        if not await progress(outcome.scored, len(customers)):
            return replace(outcome, whole=False)
    return outcome


async def reconcile_some(database: Database, shelf: Shelf) -> Compared:
    """Hold the states of some customers, others each time, against the log."""
    async with database.read() as reader:
        champion, customers = await shelf.champion(reader), await everybody(reader)
    if champion is None:
        return Compared()
    chosen = random.sample(customers, min(len(customers), RECONCILED))
    return await reconcile(database, chosen, currency=champion.currency)


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
