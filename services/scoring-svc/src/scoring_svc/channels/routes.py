"""The door for HTTP: channels compared."""

from typing import Annotated, Any

from fastapi import Query

from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.channels import queries
from scoring_svc.channels.schemas import ChannelsRead
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["insights"])


@router.get(
    "/v1/insights/channels",
    operation_id="getChannelInsight",
    summary="How customers buy by each channel 渠道分析",
    description=(
        "By channel, for orders of the time (52 weeks without one): customers, who of them is new there and "
        "who buys nowhere else, orders, amounts and returns, compared with the time of equal length before."
    ),
    response_model=ChannelsRead,
    **needs("scores:read"),
)
async def get_channel_insight(
    query: Annotated[BaseQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.channels(db, query, database.now())
