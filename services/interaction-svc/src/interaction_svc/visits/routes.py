"""The door for HTTP: planning, finding, changing, reporting and cancelling visits."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from interaction_svc.customers import clients
from interaction_svc.visits import commands, queries
from interaction_svc.visits.schemas import (
    VisitCancel,
    VisitCheckIn,
    VisitCreate,
    VisitHistory,
    VisitPatch,
    VisitQuery,
    VisitRead,
    VisitReport,
)
from interaction_svc.visits.wording import with_warnings
from shared.http import (
    NO_SUCH_RECORD,
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

router = Router(tags=["visits"])


@dataclass(frozen=True, slots=True)
class _Asked:
    body: VisitCreate
    distributor_id: UUID | None


async def _asked(body: VisitCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(body, await clients.distributor_of(request, caller, body.customer_id))


def _answered(request: Request, response: Response, row: dict[str, Any]) -> dict[str, Any]:
    set_etag(response, row["version"])
    return with_warnings(request, row)


@router.post(
    "/v1/visits",
    status_code=201,
    operation_id="createVisit",
    summary="Plan a visit 新建拜访计划",
    description=(
        "When somebody goes to a customer, who comes along, where and what for. A visit that nobody reports "
        "or cancels within a day after its end becomes `missed`. `warnings` says if the rule of senior "
        "visitors would have somebody join."
    ),
    response_model=VisitRead,
    responses=NO_SUCH_RECORD,
    **needs("interactions:write"),
)
async def create_visit(
    asked: Annotated[_Asked, Depends(_asked)],
    tx: WriteTx,
    caller: Caller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.plan_visit(tx, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    response.headers["Location"] = f"/v1/visits/{row['id']}"
    return _answered(request, response, row)


@router.get(
    "/v1/visits",
    operation_id="listVisits",
    summary="List visits 查询拜访计划",
    description=(
        "The earliest start first. Filter by customer, assignee, status, series and start; "
        "`senior_missing=true` finds planned visits that somebody senior should join."
    ),
    response_model=Page[VisitRead],
    **needs("interactions:read"),
)
async def list_visits(
    query: Annotated[VisitQuery, Query()], db: ReadDb, sealer: Sealing, request: Request
) -> dict[str, Any]:
    page = await queries.visits(db, query, sealer)
    return {**page, "data": [with_warnings(request, row) for row in page["data"]]}


@router.get(
    "/v1/visits/{visit_id}",
    operation_id="getVisit",
    summary="Read one visit 查看拜访",
    description="The visit as it stands now; its ETag is its version.",
    response_model=VisitRead,
    **needs("interactions:read"),
)
async def get_visit(visit_id: UUID, db: ReadDb, request: Request, response: Response) -> dict[str, Any]:
    return _answered(request, response, await queries.visit(db, visit_id))


@router.patch(
    "/v1/visits/{visit_id}",
    operation_id="updateVisit",
    summary="Change a planned visit 修改拜访计划",
    description=(
        "A merge patch (RFC 7396): another time, place, person or purpose; `participants` and `place` are "
        "replaced as a whole. Another time or person is told by `visit.planned.v1`. A visit of a series is "
        "left alone by it from then on. 409 `visit_not_planned` once it is done, missed or cancelled."
    ),
    response_model=VisitRead,
    **needs("interactions:write"),
)
async def update_visit(
    visit_id: UUID,
    body: VisitPatch,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change_visit(tx, visit_id, body, by=caller.id, expected=expected)
    return _answered(request, response, row)


@router.post(
    "/v1/visits/{visit_id}/check-in",
    operation_id="checkInVisit",
    summary="Arrive at a visit 拜访签到",
    description=(
        "Where somebody arrived; when is what our clock says. 409 `visit_checked_in` the second time, 409 "
        "`visit_too_far_ahead` more than 24 hours before the start."
    ),
    response_model=VisitRead,
    **needs("interactions:write"),
)
async def check_in_visit(
    visit_id: UUID,
    body: VisitCheckIn,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.check_in(tx, visit_id, body, by=caller.id, expected=expected)
    return _answered(request, response, row)


@router.post(
    "/v1/visits/{visit_id}/report",
    operation_id="reportVisit",
    summary="Report a visit 提交拜访报告",
    description=(
        "What came of it: an interaction with the customer is logged (`interaction_id`) and the visit is "
        "done, also when it was missed before (`late`). 409 `visit_not_planned` when it is over otherwise."
    ),
    response_model=VisitRead,
    **needs("interactions:write"),
)
async def report_visit(
    visit_id: UUID,
    body: VisitReport,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.report_visit(tx, visit_id, body, by=caller.id, expected=expected)
    return _answered(request, response, row)


@router.post(
    "/v1/visits/{visit_id}/cancel",
    operation_id="cancelVisit",
    summary="Cancel a visit 取消拜访",
    description="It does not take place, and why. 409 `visit_not_planned` when it is over already.",
    response_model=VisitRead,
    **needs("interactions:write"),
)
async def cancel_visit(
    visit_id: UUID,
    body: VisitCancel,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.cancel_visit(tx, visit_id, body.reason, by=caller.id, expected=expected)
    return _answered(request, response, row)


@router.get(
    "/v1/visits/{visit_id}/history",
    operation_id="listVisitSteps",
    summary="Read the course of a visit 查看拜访历史",
    description="When it was planned, changed, moved, and how it ended, oldest first.",
    response_model=VisitHistory,
    **needs("interactions:read"),
)
async def list_visit_steps(visit_id: UUID, db: ReadDb) -> dict[str, Any]:
    return {"data": await queries.steps(db, visit_id)}
