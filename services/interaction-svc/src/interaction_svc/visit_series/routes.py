"""The door for HTTP: beginning, finding, changing and ending series of visits."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from interaction_svc.customers import clients
from interaction_svc.visit_series import commands, queries
from interaction_svc.visit_series.schemas import SeriesCreate, SeriesEnd, SeriesPatch, SeriesQuery, SeriesRead
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
    body: SeriesCreate
    distributor_id: UUID | None


async def _asked(body: SeriesCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(body, await clients.distributor_of(request, caller, body.customer_id))


@router.post(
    "/v1/visit-series",
    status_code=201,
    operation_id="createVisitSeries",
    summary="Begin a series of visits 新建周期拜访",
    description=(
        "Visits that repeat by a rule (RFC 5545) at the same time by the wall clock of a zone: 09:00 stays "
        "09:00 when the clocks change. A time that the change skips is the first moment behind it, of one "
        "that comes twice the first counts. Visits are made 90 days ahead, at once and day by day, none in "
        "the past. 422 `rrule_invalid`, `rrule_not_allowed`, `rrule_too_long`, `rrule_empty`: see `rrule`."
    ),
    response_model=SeriesRead,
    responses=NO_SUCH_RECORD,
    **needs("interactions:write"),
)
async def create_visit_series(
    asked: Annotated[_Asked, Depends(_asked)], tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.begin_series(tx, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    response.headers["Location"] = f"/v1/visit-series/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/visit-series",
    operation_id="listVisitSeries",
    summary="List series of visits 查询周期拜访",
    description="Newest first. Their visits: `/v1/visits?series_id=`.",
    response_model=Page[SeriesRead],
    **needs("interactions:read"),
)
async def list_visit_series(
    query: Annotated[SeriesQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.all_series(db, query, sealer)


@router.get(
    "/v1/visit-series/{series_id}",
    operation_id="getVisitSeries",
    summary="Read one series of visits 查看周期拜访",
    description="The series as it stands now; its ETag is its version.",
    response_model=SeriesRead,
    **needs("interactions:read"),
)
async def get_visit_series(series_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.series(db, series_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/visit-series/{series_id}",
    operation_id="updateVisitSeries",
    summary="Change a series of visits 修改周期拜访",
    description=(
        "A merge patch (RFC 7396) for the visits that are still to come: with another rule or time they are "
        "moved, made or cancelled day by day. A visit that somebody has changed, moved or cancelled by "
        "itself, or checked in at, stays as it is. 409 `series_ended` once it was ended."
    ),
    response_model=SeriesRead,
    **needs("interactions:write"),
)
async def update_visit_series(
    series_id: UUID,
    body: SeriesPatch,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change_series(tx, series_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/visit-series/{series_id}/end",
    operation_id="endVisitSeries",
    summary="End a series of visits 结束周期拜访",
    description=(
        "No more visits from then on; those that are planned for then or later are cancelled, also those "
        "that somebody moved. 409 `series_ended` the second time."
    ),
    response_model=SeriesRead,
    **needs("interactions:write"),
)
async def end_visit_series(
    series_id: UUID,
    body: SeriesEnd,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.end_series(tx, series_id, body.start, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row
