"""The door for HTTP: beginning services, finding them, and the report over them."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from interaction_svc.customers import clients
from interaction_svc.service_records import commands, figures, queries
from interaction_svc.service_records.reports import ServiceSummary, SummaryQuery
from interaction_svc.service_records.schemas import (
    ServiceHistory,
    ServiceRecordCreate,
    ServiceRecordQuery,
    ServiceRecordRead,
    ServiceRecordWhole,
)
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    Db,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)

router = Router(tags=["service records"])


@dataclass(frozen=True, slots=True)
class _Asked:
    body: ServiceRecordCreate
    distributor_id: UUID | None


async def _asked(body: ServiceRecordCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(body, await clients.distributor_of(request, caller, body.customer_id))


@router.get(
    "/v1/service-records",
    operation_id="listServiceRecords",
    summary="List services 查询服务记录",
    description=(
        "The newest first, without their steps. `overdue=true` finds those whose step should be done by now."
    ),
    response_model=Page[ServiceRecordRead],
    **needs("interactions:read"),
)
async def list_service_records(
    query: Annotated[ServiceRecordQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.records(db, query, sealer)


@router.post(
    "/v1/service-records",
    status_code=201,
    operation_id="createServiceRecord",
    summary="Start or record a service 发起或补记服务",
    description=(
        "With `process_id` a service starts by that template, its first step is possible at once; 409 "
        "`process_inactive` if none is started by it any more. Without, one that took place is recorded: "
        "`phase`, `content`, `occurred_at` and who did it."
    ),
    response_model=ServiceRecordWhole,
    responses=NO_SUCH_RECORD,
    **needs("interactions:write"),
)
async def create_service_record(
    asked: Annotated[_Asked, Depends(_asked)], tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.begin(tx, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    response.headers["Location"] = f"/v1/service-records/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/service-records/summary",
    operation_id="getServiceSummary",
    summary="How services go 服务统计",
    description=(
        "By process and step: how often, how long it waited and took (median and p90, on the wall and in "
        "working time), which share was in time, and how customers rated it. Only what is in sight counts."
    ),
    response_model=ServiceSummary,
    **needs("interactions:read"),
)
async def get_service_summary(
    query: Annotated[SummaryQuery, Query()], db: ReadDb, clock: Db
) -> dict[str, Any]:
    since, until = query.span(clock.now())
    data = await figures.summary(db, since=since, until=until, process_id=query.process_id)
    return {"from": since, "to": until, "data": data}


@router.get(
    "/v1/service-records/{record_id}",
    operation_id="getServiceRecord",
    summary="Read one service 查看服务记录",
    description="With all its steps, how long each waited and took; its ETag is its version.",
    response_model=ServiceRecordWhole,
    **needs("interactions:read"),
)
async def get_service_record(record_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.record(db, record_id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/service-records/{record_id}/history",
    operation_id="listServiceMoves",
    summary="Read the course of a service 查看服务历史",
    description="What was done to it, by whom and when, and why a step was skipped, oldest first.",
    response_model=ServiceHistory,
    **needs("interactions:read"),
)
async def list_service_moves(record_id: UUID, db: ReadDb) -> dict[str, Any]:
    return {"data": await queries.history(db, record_id)}
