"""The door for HTTP: the clocks of a complaint."""

from typing import Any
from uuid import UUID

from interaction_svc.alarms import queries
from interaction_svc.alarms.schemas import Clocks
from shared.http import Db, ReadDb, Router, needs

router = Router(tags=["complaints"])


@router.get(
    "/v1/complaints/{complaint_id}/clocks",
    operation_id="listComplaintClocks",
    summary="Read the clocks of a complaint 查看时限",
    description="First answer, next answers and resolution, as far as its policy promises them.",
    response_model=Clocks,
    **needs("complaints:read"),
)
async def list_complaint_clocks(complaint_id: UUID, db: ReadDb, clock: Db) -> dict[str, Any]:
    return {"data": await queries.clocks(db, complaint_id, now=clock.now())}
