"""A version made the one that decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, insert, select, update

from scoring_svc.models import queries as models
from scoring_svc.policies import commands as drafts
from scoring_svc.policies import queries as policies
from scoring_svc.policies.queries import GRIDS, Row
from scoring_svc.policies.queries import T as POLICY
from scoring_svc.publications import domain, queries
from scoring_svc.publications.schemas import PublishInput
from scoring_svc.simulations.queries import T as SIMULATION
from shared.db import Record, Tx, prepare
from shared.events.scoring import PolicyPublished
from shared.messaging import outbox
from shared.operations.domain import record_of
from shared.problems import Conflict, Problem, not_found

_THIS = POLICY.c.version == bindparam("b_version")
_NEXT = POLICY.c.revision + 1
_RETIRE = prepare(update(POLICY).where(_THIS).values(status="retired", revision=_NEXT), "retired_at")
_PUBLISH = prepare(
    update(POLICY).where(_THIS).values(status="published", revision=_NEXT, refusal=None).returning(POLICY),
    *("approved_by", "effective_from", "published_at", "simulation_id"),
)
_SCHEDULE = prepare(
    update(POLICY).where(_THIS).values(status="scheduled", revision=_NEXT, refusal=None).returning(POLICY),
    *("approved_by", "simulation_id", "tolerance"),
)
_REFUSE = prepare(
    update(POLICY)
    .where(_THIS, POLICY.c.status == "scheduled")
    .values(status="draft", revision=_NEXT, approved_by=None, simulation_id=None),
    "refusal",
)

_RANK_BY = prepare(
    insert(GRIDS).from_select(
        ["model_id", "policy_version", "grids", "created_at"],
        select(
            SIMULATION.c.model_id,
            bindparam("b_version", type_=Integer),
            SIMULATION.c.grids,
            func.now(),
        ).where(SIMULATION.c.id == bindparam("b_id")),
    )
)


async def publish(tx: Tx, version: int, body: PublishInput, *, by: UUID) -> Row:
    """Let a draft decide from now on, or have it wait for its `effective_from`.

    Conflict unless the simulation is of this document, recent, of the model and policy that decide now, and
    no more customers changed since than the tolerance allows. The caller may see part of the customers only:
    what is counted here is everybody.
    """
    await policies.take_turns(tx)
    policy = await drafts.changeable(tx, version)
    effective = policy["effective_from"]
    later = effective is not None and effective > tx.now
    simulated = domain.check_simulation(await queries.simulation(tx, body.simulation_id), policy, tx.now)
    tolerance = domain.tolerance_of(body.tolerance, later=later)
    async with tx.handing_over():
        await check_current(tx, simulated, tolerance=None if later else tolerance)
        if later:
            return there(
                await tx.row(
                    _SCHEDULE,
                    b_version=version,
                    approved_by=by,
                    simulation_id=simulated["id"],
                    tolerance=tolerance,
                )
            )
        return await activate(tx, policy, simulated, by=by)


async def check_current(tx: Tx, simulated: Mapping[str, Any], *, tolerance: float | None) -> None:
    """Conflict unless what was simulated still holds; without a tolerance changes are not counted."""
    domain.check_base(simulated, await policies.published(tx), await models.speaking(tx))
    if tolerance is not None:
        counts = await queries.moved(tx, simulated)
        domain.check_moved(counts, simulated["customers"], tolerance)


async def activate(
    tx: Tx, policy: Mapping[str, Any], simulated: Mapping[str, Any], *, by: UUID | None
) -> Row:
    """Have a version decide, by the grids of its simulation; the one before it is retired."""
    current = await policies.published(tx)
    if current is not None:
        await tx.run(_RETIRE, b_version=current["version"], retired_at=tx.now)
    row = there(
        await tx.row(
            _PUBLISH,
            b_version=policy["version"],
            approved_by=by,
            effective_from=_since(policy, tx.now),
            published_at=tx.now,
            simulation_id=simulated["id"],
        )
    )
    await tx.run(_RANK_BY, b_id=simulated["id"], b_version=row["version"])
    moves = simulated["summary"]["moves"]
    event = PolicyPublished(
        subject=row["id"],
        version=row["revision"],
        distributor_id=None,
        policy_version=row["version"],
        previous_version=current["version"] if current else None,
        copy_of=row["copy_of"],
        simulation_id=simulated["id"],
        approved_by=by,
        moved=moves["up"]["customers"] + moves["down"]["customers"],
    )
    outbox.record(tx, event)
    return row


async def roll_back(tx: Tx, version: int) -> int:
    """The version that decides now, which an earlier one may take the place of; Conflict if it may not."""
    await policies.take_turns(tx)
    row = await policies.for_update(tx, version)
    if row is None:
        raise not_found("tier policy", "分级策略")
    if row["status"] == "published":
        raise Conflict("policy_current", en="This version decides already.", zh="该版本已在生效。")
    if row["status"] != "retired":
        raise Conflict(
            "policy_never_published",
            en="Only a version that was published once can be brought back.",
            zh="只能回退到曾经发布过的版本。",
        )
    current = there(await policies.published(tx))
    if current["applied_at"] is None:
        raise domain.running()
    return int(current["version"])


async def refuse(tx: Tx, version: int, problem: Problem) -> None:
    """A scheduled version is a draft again, and says why."""
    await tx.run(_REFUSE, b_version=version, refusal=record_of(problem))


def there(row: Record | Row | None) -> Row:
    """The row, which was written or found before."""
    if row is None:
        raise LookupError("the policy or simulation is gone")
    return dict(row)


def _since(policy: Mapping[str, Any], now: datetime) -> datetime:
    planned: datetime | None = policy["effective_from"]
    return now if planned is None or policy["status"] != "scheduled" else planned
