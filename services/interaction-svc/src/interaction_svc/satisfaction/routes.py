"""The door for HTTP: indicators of satisfaction, and what customers are not satisfied with."""

from typing import Annotated, Any

from fastapi import Query

from interaction_svc.satisfaction import queries
from interaction_svc.satisfaction.schemas import (
    ProblemsQuery,
    ProblemsRead,
    SatisfactionQuery,
    SatisfactionRead,
)
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["satisfaction"])


@router.get(
    "/v1/satisfaction",
    operation_id="getSatisfaction",
    summary="How satisfied customers are 查看满意度指标",
    description=(
        "CSAT with a Wilson interval, mean and index of the ratings, the Net Promoter Score with its "
        "interval, and how many were invited and answered: by period, tier, channel, distributor, owner or "
        "survey, as they stood when the customer was invited. Of fewer than 10 answers no figure is told "
        "(`too_little`). At most 1,200 groups."
    ),
    response_model=SatisfactionRead,
    **needs("interactions:read"),
)
async def get_satisfaction(
    query: Annotated[SatisfactionQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.satisfaction(db, query, database.now())


@router.get(
    "/v1/satisfaction/problems",
    operation_id="getCommonProblems",
    summary="What customers complain of 查看常见问题",
    description=(
        "By period: the most frequent categories and causes of complaints that were opened, and the words "
        "that stand in most free answers (Chinese in pairs of characters). A word of one answer alone is "
        "not told."
    ),
    response_model=ProblemsRead,
    **needs("interactions:read", "complaints:read"),
)
async def get_common_problems(
    query: Annotated[ProblemsQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.problems(db, query, database.now())
