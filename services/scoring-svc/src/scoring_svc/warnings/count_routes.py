"""The door to warnings counted: what owners carry, and what came of warnings."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.warnings import queries, rendering, results
from scoring_svc.warnings.counts import LoadQuery, Loads, ResultQuery, WarningResults
from scoring_svc.workload import queries as workload
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["churn warnings"])
_MOST_OWNERS = 500


@router.get(
    "/v1/churn-warnings/summary",
    operation_id="getWarningSummary",
    summary="Count the churn warnings of each owner 预警负荷",
    response_model=Loads,
    **needs("scores:read"),
)
async def get_summary(db: ReadDb, clock: Db, query: Annotated[LoadQuery, Query()]) -> dict[str, Any]:
    """What waits, what is carried, what is late, what is at risk, and how much room is left."""
    rows = await queries.loads(db, clock.now(), query.owner_id, most=_MOST_OWNERS)
    capacity = await workload.current(db)
    limits = {row["owner_id"]: capacity.of(row["owner_id"]) for row in rows}
    return {"data": rendering.loads(rows, limits)}


@router.get(
    "/v1/churn-warnings/results",
    operation_id="getWarningResults",
    summary="What came of churn warnings 预警成效",
    response_model=WarningResults,
    **needs("scores:read"),
)
async def get_results(db: ReadDb, clock: Db, query: Annotated[ResultQuery, Query()]) -> dict[str, Any]:
    """By leading reason, level, month and action: what people said apart from what customers did."""
    since, until = query.period(clock.now())
    return await results.results(db, since=since, until=until)
