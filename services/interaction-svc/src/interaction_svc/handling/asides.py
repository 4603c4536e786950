"""The door for HTTP: what happens beside the straight course of a complaint."""

from typing import Any
from uuid import UUID

from fastapi import Response

from interaction_svc.complaints import commands, domain
from interaction_svc.complaints.schemas import ComplaintRead
from interaction_svc.handling.schemas import (
    ComplaintEscalate,
    ComplaintMediate,
    ComplaintReopen,
    ComplaintResume,
    ComplaintWait,
)
from shared.http import Caller, IfMatch, Router, WriteTx, needs, set_etag

router = Router(tags=["complaints"])
_EMPTY_WAIT = ComplaintWait()
_EMPTY_RESUME = ComplaintResume()


@router.post(
    "/v1/complaints/{complaint_id}/wait",
    operation_id="waitForCustomer",
    summary="Wait for the customer 等待客户",
    description=(
        "`investigating` becomes `waiting_customer`: the customer must answer first. The clock of the "
        "resolution stands still until `/resume` or `/resolve`; `step_due_at` says when to ask again."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def wait_for_customer(
    *,
    complaint_id: UUID,
    body: ComplaintWait = _EMPTY_WAIT,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(tx, complaint_id, domain.wait, by=caller.id, note=body.note, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/resume",
    operation_id="resumeComplaint",
    summary="Go on after waiting 恢复处理",
    description=(
        "`waiting_customer` becomes `investigating`. The clock runs again, and `sla.due_at` is later "
        "by the pause."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def resume_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintResume = _EMPTY_RESUME,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx, complaint_id, domain.resume, by=caller.id, note=body.note, expected=expected
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/escalate",
    operation_id="escalateComplaint",
    summary="Escalate a complaint 升级投诉",
    description=(
        "Somebody higher has to look at it: `escalation_level` grows by one, to 3 at most, and "
        "`complaint.escalated.v1` tells of it. Possible until it is resolved."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def escalate_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintEscalate,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx, complaint_id, domain.escalate, by=caller.id, note=body.reason, expected=expected
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/mediate",
    operation_id="mediateComplaint",
    summary="Mediate 调解",
    description=(
        "The customer, who was told, does not accept the result: `informed` or `closed` becomes "
        "`mediation`. The clock starts anew and the result is asked for again."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def mediate_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintMediate,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx, complaint_id, domain.mediate, by=caller.id, note=body.reason, expected=expected
    )
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/{complaint_id}/reopen",
    operation_id="reopenComplaint",
    summary="Take a complaint up again 重新打开投诉",
    description=(
        "`resolved`, `informed` or `closed` becomes `investigating`; the clock starts anew and the result "
        "is asked for again. What was said stays in the history."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def reopen_complaint(
    *,
    complaint_id: UUID,
    body: ComplaintReopen,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move(
        tx, complaint_id, domain.reopen, by=caller.id, note=body.reason, expected=expected
    )
    set_etag(response, row["version"])
    return row
