"""The door for HTTP: how customers are spread."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.standing import queries
from scoring_svc.standing.schemas import ChurnInsight, Distribution, SatisfactionInsight, StandingQuery
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["insights"])


@router.get(
    "/v1/insights/tiers",
    operation_id="getTierInsight",
    summary="Customers and value by tier, stage and churn level 客户分级分布",
    description=(
        "How the scored customers in sight are spread now, with the sum of their expected value; how many "
        "were in each tier at the beginnings of the periods before; and who moved from tier to tier between "
        "two times."
    ),
    response_model=Distribution,
    **needs("scores:read"),
)
async def get_distribution(
    query: Annotated[StandingQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.tiers(db, query, database.now())


@router.get(
    "/v1/insights/churn",
    operation_id="getChurnInsight",
    summary="Who may be lost, why, and what is at stake 流失分析",
    description=(
        "Customers in sight by churn level and by stage as they stand now, with what they brought in 52 "
        "weeks; warnings by reason, and what came of those that were closed in the time."
    ),
    response_model=ChurnInsight,
    **needs("scores:read"),
)
async def get_churn_insight(
    query: Annotated[StandingQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.churn(db, query, database.now())


@router.get(
    "/v1/insights/satisfaction",
    operation_id="getSatisfactionInsight",
    summary="What satisfied and dissatisfied customers did next 满意度与复购",
    description=(
        "Answers of the time after which 13 weeks have passed, by how satisfied the customer said to be: how "
        "many ordered within these weeks, and how much compared with the 13 weeks before. Seen together, not "
        "proven a cause. The indicators themselves are at `/v1/satisfaction`."
    ),
    response_model=SatisfactionInsight,
    **needs("scores:read"),
)
async def get_satisfaction_insight(
    query: Annotated[StandingQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.satisfaction(db, query, database.now())
