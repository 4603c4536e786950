"""Warnings that wait until their owner has room: those with most at risk are raised first."""

from collections.abc import Iterable
from uuid import UUID

from scoring_svc.warnings import course, queries
from scoring_svc.warnings.domain import due_by
from scoring_svc.workload import queries as workload
from scoring_svc.workload.domain import FILL
from shared.db import Database, Tx
from shared.jobs import enqueue

_ANY = 1000


async def fill(tx: Tx, owners: Iterable[UUID]) -> int:
    """Raise what waits for these owners as far as they have room; how many warnings that were.

    By the system alone: who sees part of an owner's warnings cannot count them.
    """
    chosen = sorted(set(owners))
    if not chosen:
        return 0
    capacity, carried = await workload.current(tx), await queries.carried(tx, chosen)
    raised = 0
    for owner in chosen:
        most = capacity.of(owner)
        room = _ANY if most is None else most - carried.get(owner, 0)
        for warning in await queries.most_valuable(tx, owner, room) if room > 0 else ():
            due_at = due_by(warning["level"], since=tx.now)
            await course.step(tx, warning, "raise", by=None, due_at=due_at)
            raised += 1
    return raised


async def fill_all(database: Database) -> int:
    """The same for everybody for whom something waits, each in a transaction; repeating it does no harm."""
    async with database.read() as reader:
        owners = await queries.waited_for(reader)
    raised = 0
    for owner in owners:
        async with database.begin() as tx:
            raised += await fill(tx, [owner])
    return raised


async def fill_soon(tx: Tx) -> None:
    """Have the queues looked at once this change is durable."""
    await enqueue(tx, FILL, {}, dedup_key=FILL)
