"""The door to the register of org units."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.org_units import commands, queries
from customer_svc.org_units.schemas import (
    OrgUnitCreate,
    OrgUnitPatch,
    OrgUnitQuery,
    OrgUnitRead,
    OrgUnitTree,
)
from customer_svc.trees import TreeQuery
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["org units"])


@router.get(
    "/v1/org-units",
    operation_id="listOrgUnits",
    summary="List org units",
    response_model=Page[OrgUnitRead],
    **needs("org_units:read"),
)
async def list_org_units(query: Annotated[OrgUnitQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Org units by name; `parent_id` lists those right below one, `ancestor_id` all below it."""
    return await queries.units(db, query, sealer)


@router.post(
    "/v1/org-units",
    status_code=201,
    operation_id="createOrgUnit",
    summary="Create an org unit",
    response_model=OrgUnitRead,
    **needs("org_units:write"),
)
async def create_org_unit(body: OrgUnitCreate, tx: WriteTx, response: Response) -> Any:
    """Enter an org unit, if need be below a parent. 409 `code_taken` if the code is used."""
    row = await commands.create_unit(tx, body)
    response.headers["Location"] = f"/v1/org-units/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/org-units/{org_unit_id}",
    operation_id="getOrgUnit",
    summary="Read an org unit",
    response_model=OrgUnitRead,
    **needs("org_units:read"),
)
async def get_org_unit(org_unit_id: UUID, db: ReadDb, response: Response) -> Any:
    """One org unit with its ETag."""
    row = await queries.unit(db, org_unit_id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/org-units/{org_unit_id}/tree",
    operation_id="getOrgUnitTree",
    summary="Read an org unit with those above and below",
    response_model=OrgUnitTree,
    **needs("org_units:read"),
)
async def get_org_unit_tree(org_unit_id: UUID, query: Annotated[TreeQuery, Query()], db: ReadDb) -> Any:
    """The way from the top down to the unit, and `depth` levels below it, at most `limit` units."""
    return await queries.tree(db, org_unit_id, query)


@router.patch(
    "/v1/org-units/{org_unit_id}",
    operation_id="changeOrgUnit",
    summary="Change an org unit",
    response_model=OrgUnitRead,
    **needs("org_units:write"),
)
async def change_org_unit(
    org_unit_id: UUID, body: OrgUnitPatch, tx: WriteTx, if_match: IfMatch, response: Response
) -> Any:
    """Change fields by merge patch. 422 `parent_below` if the tree would close to a ring.

    A closed unit keeps what it has and gets nothing new.
    """
    row = await commands.change_unit(tx, org_unit_id, body, if_match)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/org-units/{org_unit_id}",
    status_code=204,
    operation_id="deleteOrgUnit",
    summary="Delete an org unit",
    **needs("org_units:write"),
)
async def delete_org_unit(org_unit_id: UUID, tx: WriteTx, if_match: IfMatch) -> None:
    """Remove an org unit that was entered by mistake.

    409 `org_unit_in_use` once a customer, a person or another unit belongs to it; then close it instead.
    """
    await commands.delete_unit(tx, org_unit_id, if_match)
