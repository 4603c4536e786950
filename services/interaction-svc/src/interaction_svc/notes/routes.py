"""The door for HTTP: internal notes on complaints, and who follows them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from interaction_svc.complaints import queries as complaints
from interaction_svc.complaints.commands import watch
from interaction_svc.notes import commands, queries
from interaction_svc.notes.schemas import ComplaintWatchers, NoteCreate, NoteQuery, NoteRead
from shared.http import Caller, Db, Page, ReadDb, Router, Sealing, WriteTx, needs

router = Router(tags=["complaints"])


@router.get(
    "/v1/complaints/{complaint_id}/notes",
    operation_id="listComplaintNotes",
    summary="List internal notes 查看内部备注",
    description="The newest first. No key of a partner reads them.",
    response_model=Page[NoteRead],
    **needs("complaint_notes:read"),
)
async def list_notes(
    complaint_id: UUID, query: Annotated[NoteQuery, Query()], db: ReadDb, clock: Db, sealer: Sealing
) -> dict[str, Any]:
    await complaints.complaint(db, complaint_id, now=clock.now())
    return await queries.notes(db, complaint_id, query, sealer)


@router.post(
    "/v1/complaints/{complaint_id}/notes",
    status_code=201,
    operation_id="writeComplaintNote",
    summary="Write an internal note 添加内部备注",
    description="For colleagues only: neither the customer nor a partner reads it. It cannot be changed.",
    response_model=NoteRead,
    **needs("complaint_notes:write"),
)
async def write_note(
    complaint_id: UUID, body: NoteCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    response.headers["Location"] = f"/v1/complaints/{complaint_id}/notes"
    return await commands.write_note(tx, complaint_id, body.text, by=caller.id)


@router.put(
    "/v1/complaints/{complaint_id}/watchers/{staff_id}",
    operation_id="watchComplaint",
    summary="Follow a complaint 关注投诉",
    description="Who follows it is told of what becomes of it. At most 50 do.",
    response_model=ComplaintWatchers,
    **needs("complaints:write"),
)
async def watch_complaint(complaint_id: UUID, staff_id: UUID, tx: WriteTx) -> dict[str, Any]:
    return {"watcher_ids": await watch(tx, complaint_id, staff_id, on=True)}


@router.delete(
    "/v1/complaints/{complaint_id}/watchers/{staff_id}",
    operation_id="unwatchComplaint",
    summary="Follow a complaint no more 取消关注",
    description="Who did not follow it does not either.",
    response_model=ComplaintWatchers,
    **needs("complaints:write"),
)
async def unwatch_complaint(complaint_id: UUID, staff_id: UUID, tx: WriteTx) -> dict[str, Any]:
    return {"watcher_ids": await watch(tx, complaint_id, staff_id, on=False)}
