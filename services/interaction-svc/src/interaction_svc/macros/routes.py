"""The door for HTTP: macros, and doing things to many complaints at once."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from interaction_svc.batches import lines_of
from interaction_svc.complaints.schemas import ComplaintRead
from interaction_svc.macros import commands, queries
from interaction_svc.macros.schemas import (
    Bulk,
    MacroApply,
    MacroCreate,
    MacroPatch,
    MacroQuery,
    MacroRead,
)
from shared.http import (
    BatchResults,
    Caller,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)

router = Router(tags=["complaints"])


@router.get(
    "/v1/complaint-macros",
    operation_id="listComplaintMacros",
    summary="List macros 查询快捷处理",
    description="By name, each with its deeds in their order.",
    response_model=Page[MacroRead],
    **needs("policies:read"),
)
async def list_macros(query: Annotated[MacroQuery, Query()], db: ReadDb, sealer: Sealing) -> dict[str, Any]:
    return await queries.macros(db, query, sealer)


@router.post(
    "/v1/complaint-macros",
    status_code=201,
    operation_id="createComplaintMacro",
    summary="Create a macro 新建快捷处理",
    description="Up to ten deeds in their order. In texts `{number}` and `{subject}` become the complaint's.",
    response_model=MacroRead,
    **needs("policies:write"),
)
async def create_macro(body: MacroCreate, tx: WriteTx, response: Response) -> dict[str, Any]:
    row = await commands.create_macro(tx, body)
    response.headers["Location"] = f"/v1/complaint-macros/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/complaint-macros/{macro_id}",
    operation_id="getComplaintMacro",
    summary="Read one macro 查看快捷处理",
    description="Its ETag is its version.",
    response_model=MacroRead,
    **needs("policies:read"),
)
async def get_macro(macro_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.macro(db, macro_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/complaint-macros/{macro_id}",
    operation_id="changeComplaintMacro",
    summary="Change a macro 修改快捷处理",
    description="A merge patch (RFC 7396); `actions` are replaced as a whole. `If-Match` is optional.",
    response_model=MacroRead,
    **needs("policies:write"),
)
async def change_macro(
    macro_id: UUID, body: MacroPatch, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.change_macro(tx, macro_id, body, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/complaint-macros/{macro_id}",
    status_code=204,
    operation_id="removeComplaintMacro",
    summary="Remove a macro 删除快捷处理",
    description="What was done by it stays done. `If-Match` is optional.",
    **needs("policies:write"),
)
async def remove_macro(macro_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await commands.remove_macro(tx, macro_id, expected=expected)


@router.post(
    "/v1/complaints/{complaint_id}/apply",
    operation_id="applyComplaintMacro",
    summary="Do what a macro says 执行快捷处理",
    description="All of it or, when one deed is refused, nothing.",
    response_model=ComplaintRead,
    **needs("complaints:write", "complaint_notes:write"),
)
async def apply_macro(
    complaint_id: UUID,
    body: MacroApply,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    actions = await queries.actions(tx, body.macro_id)
    row = await commands.apply(tx, complaint_id, actions, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/bulk",
    status_code=207,
    operation_id="handleComplaints",
    summary="Do the same to many complaints 批量处理投诉",
    description=(
        "Deeds, or a macro, for up to 100 complaints. Each is done alone, all of it or nothing, and answered "
        "in `results`."
    ),
    response_model=BatchResults,
    **needs("complaints:write", "complaint_notes:write"),
)
async def handle_complaints(body: Bulk, tx: WriteTx, caller: Caller, request: Request) -> dict[str, Any]:
    actions = body.actions
    if body.macro_id is not None:
        actions = await queries.actions(tx, body.macro_id)
    outcome = await commands.apply_to_many(tx, body.complaint_ids, actions or [], by=caller.id)
    return lines_of(request, [(each, outcome[each]) for each in body.complaint_ids], done=200)
