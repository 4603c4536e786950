"""The door to the archive of distributors."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.changes import HistoryQuery
from customer_svc.distributors import commands, queries
from customer_svc.distributors.schemas import (
    DistributorChangeRead,
    DistributorCreate,
    DistributorPatch,
    DistributorQuery,
    DistributorRead,
    DistributorTree,
    OnboardingMove,
)
from customer_svc.trees import TreeQuery
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["distributors"])


@router.get(
    "/v1/distributors",
    operation_id="listDistributors",
    summary="List distributors",
    response_model=Page[DistributorRead],
    **needs("distributors:read"),
)
async def list_distributors(query: Annotated[DistributorQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Distributors in sight, newest first.

    `parent_id` lists those right below one, `ancestor_id` all below it. `territory` finds who serves a
    region: who has its code or that of its prefecture or province.
    """
    return await queries.distributors(db, query, sealer)


@router.post(
    "/v1/distributors",
    status_code=201,
    operation_id="createDistributor",
    summary="Create a distributor",
    response_model=DistributorRead,
    **needs("distributors:write"),
)
async def create_distributor(body: DistributorCreate, tx: WriteTx, response: Response) -> Any:
    """Enter a distributor, if need be below a parent. 409 `code_taken` if the code is used.

    A `prospect` begins its onboarding as `applied`, one with status `onboarding` as `reviewing`.
    """
    row = await commands.create_distributor(tx, body)
    response.headers["Location"] = f"/v1/distributors/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/distributors/{distributor_id}",
    operation_id="getDistributor",
    summary="Read a distributor",
    response_model=DistributorRead,
    **needs("distributors:read"),
)
async def get_distributor(distributor_id: UUID, db: ReadDb, response: Response) -> Any:
    """One distributor with its ETag."""
    row = await queries.distributor(db, distributor_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/distributors/{distributor_id}",
    operation_id="changeDistributor",
    summary="Change a distributor",
    response_model=DistributorRead,
    **needs("distributors:write"),
)
async def change_distributor(
    *,
    distributor_id: UUID,
    body: DistributorPatch,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Change fields by merge patch; each change goes into the history.

    422 `parent_below` if the tree would close to a ring. 409 `status_not_allowed` for a status that does not
    fit the onboarding stage: until a distributor is `active` its status follows the steps of its onboarding.
    """
    row = await commands.change_distributor(tx, distributor_id, body, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/distributors/{distributor_id}/onboarding",
    operation_id="moveDistributorOnboarding",
    summary="Take the next step of a distributor's onboarding",
    response_model=DistributorRead,
    **needs("distributors:write"),
)
async def move_onboarding(
    *,
    distributor_id: UUID,
    body: OnboardingMove,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """`review` an application, `approve` it, `sign` the contract, `activate` after the training.

    The stages are `applied`, `reviewing`, `contract`, `training`, `active`. `return` sends a review back to
    `applied`; `reject` (up to the contract) and `withdraw` (until it is active) end it, `reapply` begins
    again. The status follows. 409 `transition_not_allowed` names what is possible.
    """
    row = await commands.move_onboarding(tx, distributor_id, body, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/distributors/{distributor_id}/tree",
    operation_id="getDistributorTree",
    summary="Read a distributor with those above and below",
    response_model=DistributorTree,
    **needs("distributors:read"),
)
async def get_distributor_tree(distributor_id: UUID, query: Annotated[TreeQuery, Query()], db: ReadDb) -> Any:
    """The way down to the distributor and `depth` levels below it, at most `limit` of them, all in sight.

    For a partner the way begins at its own distributor.
    """
    return await queries.tree(db, distributor_id, query)


@router.get(
    "/v1/distributors/{distributor_id}/history",
    operation_id="listDistributorHistory",
    summary="List what changed of a distributor",
    response_model=Page[DistributorChangeRead],
    **needs("distributors:read"),
)
async def list_history(
    distributor_id: UUID, query: Annotated[HistoryQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """Every changed field, newest first; `field=onboarding_stage` is the course of the onboarding.

    Partners see neither notes nor moves in the tree.
    """
    return await queries.history(db, distributor_id, query, sealer)


@router.delete(
    "/v1/distributors/{distributor_id}",
    status_code=204,
    operation_id="deleteDistributor",
    summary="Delete a distributor",
    **needs("distributors:write"),
)
async def delete_distributor(distributor_id: UUID, tx: WriteTx, if_match: IfMatch) -> None:
    """Remove a distributor that was entered by mistake.

    409 `distributor_in_use` once anything belongs to it; then set its status to `ended` instead.
    """
    await commands.delete_distributor(tx, distributor_id, if_match)
