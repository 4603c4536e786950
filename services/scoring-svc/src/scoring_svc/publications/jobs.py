"""Publishing outside requests: tiers brought to everybody, rollbacks, and what waits for its day."""

from typing import Any
from uuid import UUID

from scoring_svc.modelling.policy import Policy
from scoring_svc.models.queries import Shelf
from scoring_svc.overrides import commands as overrides
from scoring_svc.policies import commands as drafts
from scoring_svc.policies import queries as policies
from scoring_svc.policies.queries import Row
from scoring_svc.publications import commands, domain, queries
from scoring_svc.publications.applying import apply
from scoring_svc.simulations import commands as simulations
from scoring_svc.simulations.jobs import SIMULATE, following, require_model, simulating
from scoring_svc.simulations.running import simulate
from shared import operations
from shared.db import Tx
from shared.jobs import Every, JobContext, JobHandler, Jobs
from shared.problems import Conflict

APPLY = "policies.apply"
ROLL_BACK = "policies.rollback"
TICK = "policies.tick"
_MINUTE = 60


def policy_jobs(shelf: Shelf) -> Jobs:
    """The jobs of simulating and publishing policies."""
    handlers = {
        SIMULATE: simulating(shelf),
        APPLY: _applying,
        ROLL_BACK: _rolling_back(shelf),
        TICK: _ticking(shelf),
    }
    return Jobs(handlers, [Every(TICK, seconds=_MINUTE)])


async def _applying(job: JobContext, args: dict[str, Any]) -> None:
    await _brought(job, int(args["version"]))


async def _brought(job: JobContext, version: int) -> None:
    """Bring the version's tiers to everybody, and say in the operation what came of it."""
    applied = await apply(job.db, version, _telling(job))
    if job.operation_id is None:
        return
    async with job.begin() as tx:
        row = await policies.one(tx, version)
        simulated = await queries.simulation(tx, row["simulation_id"]) if row else None
        result = {
            "version": version,
            "simulation_id": str(row["simulation_id"]) if row else None,
            "copy_of": row["copy_of"] if row else None,
            "placed": applied.placed,
            "moved": applied.moved,
            "scored_anew": applied.touched,
            "matrix": simulated["summary"]["matrix"] if simulated else [],
        }
        await operations.progress(tx, job.operation_id, result=result)


def _telling(job: JobContext) -> Any:
    async def progress(done: int, total: int) -> bool:
        if job.operation_id is not None:
            async with job.begin() as tx:
                await operations.progress(tx, job.operation_id, done=done, total=total)
        return True

    return progress


def _rolling_back(shelf: Shelf) -> JobHandler:
    """Have an earlier version's document decide again: copied, simulated on everybody, published."""

    async def handle(job: JobContext, args: dict[str, Any]) -> None:
        await require_model(job, shelf)
        simulation = UUID(args["simulation_id"])
        version = await _copied(job, args, simulation)
        async with job.db.read() as reader:
            row = commands.there(await policies.one(reader, version))
        if row["status"] == "draft" and not await _restored(job, shelf, row, simulation, UUID(args["by"])):
            return
        await _brought(job, version)

    return handle


async def _copied(job: JobContext, args: dict[str, Any], simulation: UUID) -> int:
    """The version that copies the earlier one; the same again when the job runs again."""
    async with job.begin() as tx:
        known = await policies.by_simulation(tx, simulation)
        if known is not None:
            return known
        current = await policies.published(tx)
        if current is None or current["version"] != int(args["base_version"]):
            raise domain.replaced()
        source = commands.there(await policies.one(tx, int(args["version"])))
        copy = await drafts.copy(
            tx, source, author=UUID(args["by"]), note=args["note"], simulation_id=simulation
        )
        await simulations.begin(
            tx,
            copy,
            simulation_id=simulation,
            base_version=int(args["base_version"]),
            operation_id=job.operation_id,
            by=UUID(args["by"]),
        )
        return int(copy["version"])


async def _restored(job: JobContext, shelf: Shelf, row: Row, simulation: UUID, by: UUID) -> bool:
    """Simulate and publish the copy, with the tiers as they were held before what it undoes.

    Nobody waits out a minimum stay in a tier that a mistake gave. False if somebody cancelled it.
    """
    async with job.db.read() as reader:
        held = await queries.undone_by(reader, row)
    policy = Policy.from_document(row["document"])
    done = await simulate(job, shelf, policy, simulation, progress=following(job), held=held)
    try:
        async with job.begin() as tx:
            if not done:
                await drafts.remove(tx, row["version"], expected=None)
                return False
            await policies.take_turns(tx)
            await _activated(tx, row["version"], simulation, by=by)
    except Conflict:
        async with job.begin() as tx:
            await drafts.remove(tx, row["version"], expected=None)
        raise
    return True


async def _activated(tx: Tx, version: int, simulation: UUID, *, by: UUID | None) -> None:
    row = commands.there(await policies.for_update(tx, version))
    simulated = commands.there(await queries.simulation(tx, simulation))
    await commands.check_current(tx, simulated, tolerance=None)
    await commands.activate(tx, row, simulated, by=by)


def _ticking(shelf: Shelf) -> JobHandler:
    """What comes by the clock: pins run out, scheduled versions have their day, old simulations go."""

    async def handle(job: JobContext, _args: dict[str, Any]) -> None:
        await overrides.expire(job.db)
        async with job.db.read() as reader:
            waiting = await queries.due(reader, job.db.now())
            unapplied = await queries.unapplied(reader)
        if unapplied is not None:  # its job was cancelled or lost
            await apply(job.db, unapplied, _telling(job))
        for version in waiting:
            try:
                await _on_its_day(job, shelf, version)
            except Conflict as problem:
                async with job.begin() as tx:
                    await commands.refuse(tx, version, problem)
        await simulations.forget_old(job.db)

    return handle


async def _on_its_day(job: JobContext, shelf: Shelf, version: int) -> None:
    """Simulate a scheduled version on that day's customers; publish that if it is near what was approved."""
    async with job.begin() as tx:
        row = commands.there(await policies.for_update(tx, version))
        base = await policies.current(tx)
        simulation = tx.new_id()
        await simulations.begin(
            tx,
            row,
            simulation_id=simulation,
            base_version=base.version,
            operation_id=None,
            by=row["approved_by"],
        )
    policy = Policy.from_document(row["document"])
    await simulate(job, shelf, policy, simulation, progress=following(job))
    async with job.begin() as tx:
        await policies.take_turns(tx)
        count = await queries.otherwise(tx, row["simulation_id"], simulation)
        simulated = commands.there(await queries.simulation(tx, simulation))
        share = count / max(simulated["customers"], 1)
        if share > row["tolerance"]:
            raise domain.data_moved({"changed": count}, simulated["customers"], share, row["tolerance"])
        await _activated(tx, version, simulation, by=row["approved_by"])
    await apply(job.db, version, _telling(job))
