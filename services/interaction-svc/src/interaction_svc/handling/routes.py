"""The door for HTTP: one verb per step of a complaint's course."""

from typing import Any

from interaction_svc.complaints.schemas import ComplaintRead
from interaction_svc.handling.doing import Asked
from interaction_svc.handling.schemas import (
    ComplaintAnswer,
    ComplaintAssign,
    ComplaintClassify,
    ComplaintClose,
    ComplaintEscalate,
    ComplaintHear,
    ComplaintInform,
    ComplaintMediate,
    ComplaintMerge,
    ComplaintReopen,
    ComplaintResolve,
    ComplaintResume,
    ComplaintStart,
    ComplaintUnmerge,
    ComplaintWait,
)
from shared.http import Router, needs

router = Router(tags=["complaints"])
_EMPTY_CLASSIFY = ComplaintClassify()
_EMPTY_START = ComplaintStart()
_EMPTY_INFORM = ComplaintInform()
_EMPTY_WAIT = ComplaintWait()
_EMPTY_RESUME = ComplaintResume()
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
async def classify_complaint(asked: Asked, body: ComplaintClassify = _EMPTY_CLASSIFY) -> dict[str, Any]:
    return await asked.do(body)


@router.post(
    "/v1/complaints/{complaint_id}/assign",
    operation_id="assignComplaint",
    summary="Give a complaint to somebody 指派负责人",
    description="Possible until it is closed. The owner is told by `complaint.assigned`.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def assign_complaint(asked: Asked, body: ComplaintAssign) -> dict[str, Any]:
    return await asked.do(body)


@router.post(
    "/v1/complaints/{complaint_id}/answer",
    operation_id="answerComplainant",
    summary="Answer the customer 答复客户",
    description=(
        "The customer heard from us in between: the first time stops the clock of the first answer, later "
        "times that of the next one. `/wait` and `/inform` are answers, too."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def answer_complainant(asked: Asked, body: ComplaintAnswer) -> dict[str, Any]:
    return await asked.do(body)


@router.post(
    "/v1/complaints/{complaint_id}/hear",
    operation_id="hearComplainant",
    summary="Note what the customer says 记录客户来言",
    description=(
        "The customer waits for an answer from now on (`awaiting_since`). While it was waited for the "
        "customer, the case goes on: `waiting_customer` becomes `investigating`."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def hear_complainant(asked: Asked, body: ComplaintHear) -> dict[str, Any]:
    return await asked.do(body)


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
async def start_complaint_step(asked: Asked, body: ComplaintStart = _EMPTY_START) -> dict[str, Any]:
    return await asked.do(body)


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
async def resolve_complaint(asked: Asked, body: ComplaintResolve) -> dict[str, Any]:
    return await asked.do(body)


@router.post(
    "/v1/complaints/{complaint_id}/inform",
    operation_id="informComplainant",
    summary="Tell the customer the result 告知客户结果",
    description="`resolved` becomes `informed`: the customer was told, and what: the `text`, or the result.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def inform_complainant(asked: Asked, body: ComplaintInform = _EMPTY_INFORM) -> dict[str, Any]:
    return await asked.do(body)


@router.post(
    "/v1/complaints/{complaint_id}/close",
    operation_id="closeComplaint",
    summary="Close a complaint 关闭投诉",
    description="Only once the customer was informed, or with the `reason` why not.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def close_complaint(asked: Asked, body: ComplaintClose = _EMPTY_CLOSE) -> dict[str, Any]:
    return await asked.do(body)


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
async def wait_for_customer(asked: Asked, body: ComplaintWait = _EMPTY_WAIT) -> dict[str, Any]:
    return await asked.do(body)


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
async def resume_complaint(asked: Asked, body: ComplaintResume = _EMPTY_RESUME) -> dict[str, Any]:
    return await asked.do(body)


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
async def escalate_complaint(asked: Asked, body: ComplaintEscalate) -> dict[str, Any]:
    return await asked.do(body)


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
async def mediate_complaint(asked: Asked, body: ComplaintMediate) -> dict[str, Any]:
    return await asked.do(body)


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
async def reopen_complaint(asked: Asked, body: ComplaintReopen) -> dict[str, Any]:
    return await asked.do(body)


@router.post(
    "/v1/complaints/{complaint_id}/merge",
    operation_id="mergeComplaint",
    summary="Merge a duplicate 合并重复投诉",
    description=(
        "The complaint is the same as another one of the customer, `into_id`, which goes on: this one "
        "becomes `merged`, and its clocks stand still. `/unmerge` undoes it. 422: the other one is not of "
        "the same customer, or is merged itself."
    ),
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def merge_complaint(asked: Asked, body: ComplaintMerge) -> dict[str, Any]:
    return await asked.merge(body)


@router.post(
    "/v1/complaints/{complaint_id}/unmerge",
    operation_id="unmergeComplaint",
    summary="Undo the merging of a complaint 撤销合并",
    description="It was another matter after all: back to the state in which it was merged, clocks running.",
    response_model=ComplaintRead,
    **needs("complaints:write"),
)
async def unmerge_complaint(asked: Asked, body: ComplaintUnmerge) -> dict[str, Any]:
    return await asked.do(body)
