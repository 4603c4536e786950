"""The door to the archive of distributors."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.distributors import commands, queries
from customer_svc.distributors.schemas import (
    DistributorCreate,
    DistributorPatch,
    DistributorQuery,
    DistributorRead,
)
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["distributors"])


@router.get(
    "/v1/distributors",
    operation_id="listDistributors",
    summary="List distributors",
    response_model=Page[DistributorRead],
    **needs("distributors:read"),
)
async def list_distributors(query: Annotated[DistributorQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Distributors in sight, newest first; `parent_id` lists the ones directly below one."""
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
    """Enter a distributor, if need be below a parent. 409 `code_taken` if the code is used."""
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
    distributor_id: UUID, body: DistributorPatch, tx: WriteTx, if_match: IfMatch, response: Response
) -> Any:
    """Change fields by merge patch. 422 `parent_below` if the tree would close to a ring."""
    row = await commands.change_distributor(tx, distributor_id, body, if_match)
    set_etag(response, row["version"])
    return row


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
