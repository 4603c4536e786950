"""The door for HTTP: how customers buy."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.behaviour import queries
from scoring_svc.behaviour.schemas import BehaviourQuery, BehaviourRead
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["insights"])


@router.get(
    "/v1/insights/behaviour",
    operation_id="getBehaviour",
    summary="How customers buy 购买行为分析",
    description=(
        "Of orders of the time (52 weeks without one), of everybody in sight or with `customer_id` of one: "
        "how many and how large, by which channels, of which categories, on which weekdays, at which hours "
        "and in which months. With a customer also its own rhythm, habits and trend, and when its next order "
        "is to be expected. A season is told from two whole years on; ask for a time that long."
    ),
    response_model=BehaviourRead,
    **needs("scores:read"),
)
async def get_behaviour(
    query: Annotated[BehaviourQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.behaviour(db, query, database.now())
