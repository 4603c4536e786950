"""The door for HTTP: one customer's timeline."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request

from interaction_svc.customers import clients
from interaction_svc.timeline import queries
from interaction_svc.timeline.schemas import TimelinePage, TimelineQuery
from shared.http import Caller, ReadDb, Router, Sealing, needs
from shared.problems import customer_merged

router = Router(tags=["timeline"])


async def _known(customer_id: UUID, caller: Caller, request: Request) -> UUID:
    known = await clients.known(request, caller, customer_id)
    if known.id != customer_id:
        raise customer_merged(customer_id, known.id)
    return customer_id


@router.get(
    "/v1/customers/{customer_id}/timeline",
    operation_id="getCustomerTimeline",
    summary="Read a customer's timeline 查看客户时间线",
    description=(
        "Interactions, the steps of complaints, promises and visits, services that are done and answered "
        "surveys, newest first or, with `sort=at`, oldest first, each item typed by `type`. Filter by time "
        "and by type, which may be repeated."
    ),
    response_model=TimelinePage,
    **needs("interactions:read", "complaints:read"),
)
async def get_customer_timeline(
    customer_id: Annotated[UUID, Depends(_known)],
    query: Annotated[TimelineQuery, Query()],
    db: ReadDb,
    sealer: Sealing,
) -> dict[str, Any]:
    return await queries.timeline(db, customer_id, query, sealer)
