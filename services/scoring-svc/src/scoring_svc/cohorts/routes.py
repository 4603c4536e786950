"""The door for HTTP: cohorts."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.cohorts import queries
from scoring_svc.cohorts.schemas import CohortQuery, CohortsRead
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["insights"])


@router.get(
    "/v1/insights/cohorts",
    operation_id="getCohorts",
    summary="Who came back after the first order 客户留存分析",
    description=(
        "Customers in sight by the month or quarter of their first order ever, and how many of each ordered "
        "in each period since, with what they brought. The period that is not over yet is null. With "
        "`channel` or `category` only such orders count, the first one, too."
    ),
    response_model=CohortsRead,
    **needs("scores:read"),
)
async def get_cohorts(query: Annotated[CohortQuery, Query()], db: ReadDb, database: Db) -> dict[str, Any]:
    return await queries.cohorts(db, query, database.now())
