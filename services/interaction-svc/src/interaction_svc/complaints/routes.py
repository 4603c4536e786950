"""The door for HTTP: finding and reading complaints."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from interaction_svc.complaints import queries
from interaction_svc.complaints.schemas import (
    ComplaintHistory,
    ComplaintQuery,
    ComplaintRead,
)
from shared.http import (
    Db,
    Page,
    ReadDb,
    Router,
    Sealing,
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
