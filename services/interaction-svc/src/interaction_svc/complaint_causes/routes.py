"""The door for HTTP: the report of causes."""

from typing import Annotated, Any

from fastapi import Query

from interaction_svc.complaint_causes import queries
from interaction_svc.complaint_causes.schemas import CausesQuery, CausesRead
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["complaints"])


@router.get(
    "/v1/complaints/causes",
    operation_id="getComplaintCauses",
    summary="The most frequent causes of complaints 投诉原因分析",
    description=(
        "The complaints that were received in a time, by cause or another thing that they have in common, "
        "the most frequent first: how many, compared with the time of equal length before; how many are "
        "open, were reopened, answered and resolved in time; how long they took, and how satisfied customers "
        "were afterwards. As far as they are in sight; merged duplicates are left out."
    ),
    response_model=CausesRead,
    **needs("complaints:read", "interactions:read"),
)
async def get_complaint_causes(
    query: Annotated[CausesQuery, Query()], db: ReadDb, database: Db
) -> dict[str, Any]:
    return await queries.causes(db, query, database.now())
