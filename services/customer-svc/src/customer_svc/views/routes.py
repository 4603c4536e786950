"""The door to saved views."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.views import commands, queries
from customer_svc.views.schemas import ViewCreate, ViewPatch, ViewQuery, ViewRead
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["views"])


@router.get(
    "/v1/views",
    operation_id="listViews",
    summary="List saved views",
    response_model=Page[ViewRead],
    **needs("views:read"),
)
async def list_views(
    query: Annotated[ViewQuery, Query()], db: ReadDb, sealer: Sealing, caller: Caller
) -> Any:
    """Your own views and those that colleagues share, by name."""
    return await queries.views(db, query, sealer, by=caller.id)


@router.post(
    "/v1/views",
    status_code=201,
    operation_id="createView",
    summary="Save a view",
    response_model=ViewRead,
    **needs("views:write"),
)
async def create_view(body: ViewCreate, tx: WriteTx, caller: Caller, response: Response) -> Any:
    """Keep a list's filters, order and columns under a name, for yourself or, `shared`, for all staff.

    `query` is checked as the list itself would check it: 422 points at each filter that it would refuse. A
    view shows everybody only what they may see anyway. 409 `name_taken` if you have one of this name.
    """
    row = await commands.save_view(tx, body, by=caller.id)
    response.headers["Location"] = f"/v1/views/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/views/{view_id}",
    operation_id="getView",
    summary="Read a view",
    response_model=ViewRead,
    **needs("views:read"),
)
async def get_view(view_id: UUID, db: ReadDb, caller: Caller, response: Response) -> Any:
    """One view, your own or a shared one, with its ETag."""
    row = await queries.view(db, view_id, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/views/{view_id}",
    operation_id="changeView",
    summary="Change a view",
    response_model=ViewRead,
    **needs("views:write"),
)
async def change_view(
    *, view_id: UUID, body: ViewPatch, tx: WriteTx, caller: Caller, if_match: IfMatch, response: Response
) -> Any:
    """Change your own view by merge patch; somebody else's is 404."""
    row = await commands.change_view(tx, view_id, body, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/views/{view_id}",
    status_code=204,
    operation_id="deleteView",
    summary="Remove a view",
    **needs("views:write"),
)
async def delete_view(view_id: UUID, tx: WriteTx, caller: Caller, if_match: IfMatch) -> None:
    """Remove your own view; nobody sees it any more, shared or not."""
    await commands.remove_view(tx, view_id, if_match, by=caller.id)
