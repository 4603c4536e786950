"""Plans over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from gateway.limits import commands, queries
from gateway.limits.schemas import PlanCreate, PlanPatch, PlanQuery, PlanRead
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["plans"])


@router.post(
    "/v1/plans",
    status_code=201,
    operation_id="createPlan",
    summary="Create a plan",
    response_model=PlanRead,
    **needs("plans:write"),
)
async def create_plan(body: PlanCreate, tx: WriteTx, response: Response) -> dict[str, Any]:
    """A plan that keys can be given. Its code cannot be changed later; 409 `code_taken` if there is one."""
    row = await commands.create_plan(tx, body)
    response.headers["Location"] = f"/v1/plans/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/plans",
    operation_id="listPlans",
    summary="List plans",
    response_model=Page[PlanRead],
    **needs("plans:read"),
)
async def list_plans(query: Annotated[PlanQuery, Query()], db: ReadDb, sealer: Sealing) -> dict[str, Any]:
    """Each role has the plan of its code, and who has several roles the most generous of theirs.

    A partner's key has the plan that it names, or else `partner` (test keys: `partner_test`). Requests
    that show no credential count on the plan `address` of the address that they come from.
    """
    return await queries.plans(db, query, sealer)


@router.get(
    "/v1/plans/{plan_id}",
    operation_id="getPlan",
    summary="Read a plan",
    response_model=PlanRead,
    **needs("plans:read"),
)
async def get_plan(plan_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    """So many requests a minute, at most `burst` at once, and so many a day (null: days are not counted)."""
    row = await queries.plan(db, plan_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/plans/{plan_id}",
    operation_id="updatePlan",
    summary="Change a plan",
    response_model=PlanRead,
    **needs("plans:write"),
)
async def update_plan(
    plan_id: UUID, body: PlanPatch, tx: WriteTx, if_match: IfMatch, response: Response
) -> dict[str, Any]:
    """Holds within two seconds, for everybody who is on this plan."""
    row = await commands.change_plan(tx, plan_id, body, if_match)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/plans/{plan_id}",
    status_code=204,
    operation_id="deletePlan",
    summary="Take a plan away",
    **needs("plans:write"),
)
async def delete_plan(plan_id: UUID, tx: WriteTx, if_match: IfMatch) -> None:
    """409 `plan_in_use` while a key stands on it; the plans of roles, partners and addresses stay always."""
    await commands.remove_plan(tx, plan_id, if_match)
