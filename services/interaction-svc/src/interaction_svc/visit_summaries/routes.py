"""The door for HTTP: plan and deed."""

from typing import Annotated, Any

from fastapi import Query

from interaction_svc.visit_summaries import queries
from interaction_svc.visit_summaries.schemas import SummaryQuery, VisitSummary
from shared.http import ReadDb, Router, needs

router = Router(tags=["visits"])


@router.get(
    "/v1/visits/summary",
    operation_id="getVisitSummary",
    summary="Plan and deed of visits 拜访计划完成情况",
    description=(
        "Person by person: how many visits of the period were planned, done, done on time, missed and "
        "cancelled, as far as they are in sight."
    ),
    response_model=VisitSummary,
    **needs("interactions:read"),
)
async def get_visit_summary(query: Annotated[SummaryQuery, Query()], db: ReadDb) -> dict[str, Any]:
    data = await queries.by_person(db, query.start, query.end, query.assignee_id)
    return {"from": query.start, "to": query.end, "data": data}
