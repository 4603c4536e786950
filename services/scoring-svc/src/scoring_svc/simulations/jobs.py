"""Simulations outside requests."""

from typing import Any
from uuid import UUID

from scoring_svc.modelling.policy import Policy
from scoring_svc.models.queries import Shelf
from scoring_svc.runs.learning import learn_and_promote
from scoring_svc.simulations import queries
from scoring_svc.simulations.running import simulate
from scoring_svc.simulations.snapshot import Progress
from shared import operations
from shared.jobs import JobContext, JobHandler
from shared.problems import not_found

SIMULATE = "policies.simulate"


def simulating(shelf: Shelf) -> JobHandler:
    """The handler of SIMULATE: tries a version on everybody."""

    async def handle(job: JobContext, args: dict[str, Any]) -> None:
        await require_model(job, shelf)
        simulation = UUID(args["simulation_id"])
        async with job.db.read() as reader:
            row = await queries.one(reader, simulation)
        if row is None:
            raise not_found("tier simulation", "策略模拟")
        policy = Policy.from_document(row["document"])
        if await simulate(job, shelf, policy, simulation, progress=following(job)) and job.operation_id:
            async with job.begin() as tx:
                await operations.progress(
                    tx, job.operation_id, result={"simulation_id": str(simulation), "version": policy.version}
                )

    return handle


async def require_model(job: JobContext, shelf: Shelf) -> None:
    """Learn a first model if there is none yet: on a fresh system it is a prior one."""
    async with job.db.read() as reader:
        champion = await shelf.champion(reader)
    if champion is None:
        await learn_and_promote(job.db, shelf)


def following(job: JobContext) -> Progress:
    """Say how far a job is by its operation, and stop when somebody asked for that."""

    async def progress(done: int, total: int) -> bool:
        if job.operation_id is None:
            return True
        async with job.begin() as tx:
            await operations.progress(tx, job.operation_id, done=done, total=total)
        return not await job.cancelled()

    return progress
