"""A simulation from its frozen state to its stored result; publishing by a rollback runs the same."""

import asyncio
from uuid import UUID

from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.whatif import WhatIf, what_if
from scoring_svc.models.queries import Shelf
from scoring_svc.simulations import commands, domain
from scoring_svc.simulations.snapshot import Frozen, Held, Progress, freeze
from shared.jobs import JobContext

_STORING_SECONDS = 120


async def simulate(
    job: JobContext,
    shelf: Shelf,
    policy: Policy,
    simulation_id: UUID,
    *,
    progress: Progress,
    held: Held | None = None,
) -> bool:
    """Try a policy on everybody and store what comes of it; False if `progress` stopped it.

    Progress counts every customer twice: read, and stored. An attempt that broke off is begun anew.
    """
    async with job.begin(timeout=_STORING_SECONDS) as tx:
        await commands.clear(tx, simulation_id)

    async def reading(done: int, total: int) -> bool:
        return await progress(done, 2 * total)

    frozen = await freeze(job.db, shelf, policy, reading, held=held)
    if frozen is None:
        return False
    found = await asyncio.to_thread(what_if, frozen.situation, policy)
    return await _stored(job, simulation_id, frozen, found, progress)


async def _stored(
    job: JobContext, simulation_id: UUID, frozen: Frozen, found: WhatIf, progress: Progress
) -> bool:
    told, done, total = commands.columns_of(frozen), 0, len(frozen.customers)
    for columns in commands.chunks(frozen, found, told):
        async with job.begin(timeout=_STORING_SECONDS) as tx:
            await commands.store(tx, simulation_id, columns)
        done += len(columns["b_customer_id"])
        if not await progress(total + done, 2 * total):
            async with job.begin(timeout=_STORING_SECONDS) as tx:
                await commands.clear(tx, simulation_id)
            return False
    sums = await asyncio.to_thread(domain.summary, frozen.situation, found, told)
    async with job.begin(timeout=_STORING_SECONDS) as tx:
        await commands.finish(tx, simulation_id, frozen, found, sums)
    return True
