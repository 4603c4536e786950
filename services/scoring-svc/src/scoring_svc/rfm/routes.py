"""The door for HTTP: the grid."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.rfm import queries
from scoring_svc.rfm.schemas import RfmRead
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["insights"])


@router.get(
    "/v1/insights/rfm",
    operation_id="getRfm",
    summary="Customers by recency, frequency and amount 客户价值矩阵 (RFM)",
    description=(
        "Everybody in sight who ordered in the time (52 weeks without one), on a grid of quintiles of how "
        "long ago the last order was and how many there were; with how much they brought. Quintiles are of "
        "these customers themselves, and who are alike are never parted: a cell may be empty."
    ),
    response_model=RfmRead,
    **needs("scores:read"),
)
async def get_rfm(query: Annotated[BaseQuery, Query()], db: ReadDb, database: Db) -> dict[str, Any]:
    return await queries.rfm(db, query, database.now())
