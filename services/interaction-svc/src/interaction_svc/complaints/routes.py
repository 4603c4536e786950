"""The door for HTTP: finding, reading and putting right complaints, and fetching their files."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from interaction_svc.attachments.keeping import check_unmasked, keeping_of
from interaction_svc.attachments.schemas import AttachmentLink
from interaction_svc.complaints import editing, queries
from interaction_svc.complaints.schemas import (
    ComplaintHistory,
    ComplaintPatch,
    ComplaintQuery,
    ComplaintRead,
)
from shared.http import (
    Caller,
    Db,
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
    "/v1/complaints",
    operation_id="listComplaints",
    summary="List complaints 查询投诉",
    description=(
        "Newest first. Filter by status, owner, severity, category, customer, opening time, and `overdue`: "
        "whether the deadline of the step it is in has passed."
    ),
    response_model=Page[ComplaintRead],
    **needs("complaints:read"),
)
async def list_complaints(
    query: Annotated[ComplaintQuery, Query()], db: ReadDb, clock: Db, sealer: Sealing
) -> dict[str, Any]:
    return await queries.complaints(db, query, sealer, now=clock.now())


@router.get(
    "/v1/complaints/{complaint_id}",
    operation_id="getComplaint",
    summary="Read one complaint 查看投诉",
    description="The complaint with its clock as it stands now; its ETag is its version.",
    response_model=ComplaintRead,
    **needs("complaints:read"),
)
async def get_complaint(complaint_id: UUID, db: ReadDb, clock: Db, response: Response) -> dict[str, Any]:
    row = await queries.complaint(db, complaint_id, now=clock.now())
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/complaints/{complaint_id}",
    operation_id="editComplaint",
    summary="Change the files of a complaint 修改投诉附件",
    description=(
        "A merge patch (RFC 7396) of `attachments`: those that are named belong to the complaint from now "
        "on, in whatever state it is. What stood there before is kept in the history. `If-Match` is optional."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def edit_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintPatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await editing.edit_complaint(tx, complaint_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/attachments/{attachment_id}/link",
    operation_id="linkComplaintAttachment",
    summary="Make a link to a file of a complaint 生成投诉附件链接",
    description=(
        "As `/v1/attachments/{attachment_id}/link`, for whoever may read the complaint: also for its owner "
        "who does not see the customer otherwise."
    ),
    response_model=AttachmentLink,
    **needs("complaints:read"),
)
async def link_complaint_attachment(
    *,
    complaint_id: UUID,
    attachment_id: UUID,
    tx: WriteTx,
    caller: Caller,
    sealer: Sealing,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    check_unmasked(caller)
    await queries.check_file(tx, complaint_id, attachment_id)
    return keeping_of(request).link(sealer, attachment_id, response, now=tx.now)


@router.get(
    "/v1/complaints/{complaint_id}/history",
    operation_id="listComplaintSteps",
    summary="Read the course of a complaint 查看处理过程",
    description="Every step with who did it and when, who owned it then, and the note; oldest first.",
    response_model=ComplaintHistory,
    **needs("complaints:read"),
)
async def list_complaint_steps(complaint_id: UUID, db: ReadDb) -> dict[str, Any]:
    return {"data": await queries.steps(db, complaint_id)}
