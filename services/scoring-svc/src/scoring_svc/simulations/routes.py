"""The door to simulations."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from scoring_svc.modelling.policy import Policy
from scoring_svc.policies import queries as policies
from scoring_svc.policies.schemas import Version
from scoring_svc.settings import NUMBER
from scoring_svc.simulations import commands, queries, rendering
from scoring_svc.simulations.jobs import SIMULATE
from scoring_svc.simulations.schemas import (
    MoverQuery,
    MoverRead,
    SimulationDetail,
    SimulationQuery,
    SimulationRead,
    SimulationStarted,
)
from shared import operations
from shared.http import Caller, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.http.errors import chinese
from shared.problems import Problem, not_found

router = Router(tags=["tier simulations"])


@router.post(
    "/v1/tier-policies/{version}/simulate",
    status_code=202,
    operation_id="simulateTierPolicy",
    summary="Try a policy on every customer 模拟分级策略",
    response_model=SimulationStarted,
    **needs("policies:write"),
)
async def simulate_policy(
    version: Version, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, UUID]:
    """On one frozen state of all customers, by the code that publishing runs; nobody feels it.

    Answers an operation to watch and the simulation that holds the result.
    """
    row = await policies.one(tx, version)
    if row is None:
        raise _no_policy()
    simulation = tx.new_id()
    args = {"simulation_id": str(simulation)}
    operation = await operations.start(
        tx, "tier-simulation", caller.id, service_number=NUMBER, job=SIMULATE, args=args
    )
    base = await policies.current(tx)
    await commands.begin(
        tx,
        row,
        simulation_id=simulation,
        base_version=base.version,
        operation_id=operation,
        by=caller.id,
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation, "simulation_id": simulation}


@router.get(
    "/v1/tier-policies/{version}/simulations",
    operation_id="listTierSimulations",
    summary="List a policy's simulations",
    response_model=Page[SimulationRead],
    **needs("policies:read"),
)
async def list_simulations(
    version: Version, db: ReadDb, sealer: Sealing, query: Annotated[SimulationQuery, Query()]
) -> dict[str, Any]:
    """The newest first; one by which nothing was published is kept for a month."""
    if await policies.one(db, version) is None:
        raise _no_policy()
    return await queries.SIMULATIONS.page(db, query, sealer, where=queries.of_policy(version))


@router.get(
    "/v1/tier-simulations/{simulation_id}",
    operation_id="getTierSimulation",
    summary="Read what a policy would do 查看模拟结果",
    response_model=SimulationDetail,
    **needs("policies:read"),
)
async def get_simulation(simulation_id: UUID, db: ReadDb, caller: Caller) -> dict[str, Any]:
    """Migration matrix, value at stake, load of each salesperson, effect by distributor and segment.

    Sums are of the whole company, so they are for those who may write policies, whatever they see of
    customers.
    """
    row = await queries.one(db, simulation_id)
    if row is None:
        raise _no_simulation()
    return rendering.simulation(row, sums=caller.may("policies:write"))


@router.get(
    "/v1/tier-simulations/{simulation_id}/movers",
    operation_id="listTierMovers",
    summary="List who would get another tier, with reasons 等级变动名单",
    response_model=Page[MoverRead],
    **needs("scores:read", "policies:read"),
)
async def list_movers(
    simulation_id: UUID,
    db: ReadDb,
    sealer: Sealing,
    query: Annotated[MoverQuery, Query()],
    request: Request,
) -> dict[str, Any]:
    """Of the customers in sight, those who contributed most first."""
    row = await queries.one(db, simulation_id)
    if row is None:
        raise _no_simulation()
    page = await queries.MOVERS.page(db, query, sealer, where=queries.movers_of(db, simulation_id))
    policy = Policy.from_document(row["document"])
    zh = chinese(request.headers.get("accept-language"))
    movers = [rendering.mover(each, policy, row["currency"], zh=zh) for each in page["data"]]
    return {**page, "data": movers}


def _no_policy() -> Problem:
    return not_found("tier policy", "分级策略")


def _no_simulation() -> Problem:
    return not_found("tier simulation", "策略模拟")
