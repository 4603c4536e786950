"""The door for HTTP: one verb per step of a complaint's course."""

from typing import Any
from uuid import UUID

from fastapi import Response

from interaction_svc.complaints import commands, domain
from interaction_svc.complaints.schemas import ComplaintRead
from interaction_svc.handling.schemas import (
    ComplaintAssign,
    ComplaintClassify,
    ComplaintClose,
    ComplaintInform,
    ComplaintResolve,
    ComplaintStart,
)
from shared.http import Caller, IfMatch, Router, WriteTx, needs, set_etag

router = Router(tags=["complaints"])
_EMPTY_CLASSIFY = ComplaintClassify()
_EMPTY_START = ComplaintStart()
_EMPTY_INFORM = ComplaintInform()
_EMPTY_CLOSE = ComplaintClose()


@router.post(
    "/v1/complaints/{complaint_id}/classify",
    operation_id="classifyComplaint",
    summary="Say what a complaint is about 分类定级",
    description=(
        "`received` becomes `classified`; later it corrects category, severity and cause without moving "
        "on. The deadlines follow the severity."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def classify_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintClassify = _EMPTY_CLASSIFY,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx,
        complaint_id,
        lambda case, deed: domain.classify(case, deed, **body.found()),
        by=caller.id,
        note=body.note,
        expected=expected,
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/assign",
    operation_id="assignComplaint",
    summary="Give a complaint to somebody 指派负责人",
    description="Possible until it is closed. The owner is told by `complaint.assigned`.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def assign_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintAssign,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx,
        complaint_id,
        lambda case, deed: domain.assign(case, deed, body.owner_id),
        by=caller.id,
        note=body.note,
        expected=expected,
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/start",
    operation_id="startComplaintStep",
    summary="Begin the next step 开始处理",
    description=(
        "`classified` becomes `investigating`, `investigating` becomes `resolving`. Needs an owner. Name "
        "the `step` to be safe against starting twice."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def start_complaint_step(
    *,
    complaint_id: UUID,
    body: ComplaintStart = _EMPTY_START,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx,
        complaint_id,
        lambda case, deed: domain.start(case, deed, body.step),
        by=caller.id,
        note=body.note,
        expected=expected,
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/resolve",
    operation_id="resolveComplaint",
    summary="State the result 处理完成",
    description=(
        "The clock stops. Needs an owner. What the first answer already solves may skip the steps between."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def resolve_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintResolve,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx,
        complaint_id,
        lambda case, deed: domain.resolve(case, deed, body.result),
        by=caller.id,
        note=body.note,
        expected=expected,
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/inform",
    operation_id="informComplainant",
    summary="Tell the customer the result 告知客户结果",
    description="`resolved` becomes `informed`: the customer was told, and what: the `text`, or the result.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def inform_complainant(
    *,
    complaint_id: UUID,
    body: ComplaintInform = _EMPTY_INFORM,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx,
        complaint_id,
        lambda case, deed: domain.inform(case, deed, body.text),
        by=caller.id,
        note=body.note,
        expected=expected,
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/close",
    operation_id="closeComplaint",
    summary="Close a complaint 关闭投诉",
    description="Only once the customer was informed, or with the `reason` why not.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def close_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintClose = _EMPTY_CLOSE,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx, complaint_id, domain.close, by=caller.id, note=body.reason, expected=expected
    )
    set_etag(response, row["version"])
    return row
