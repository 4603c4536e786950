"""The door to the rule of how many warnings an owner may have."""

from typing import Any

from fastapi import Response

from scoring_svc.workload import commands, queries
from scoring_svc.workload.schemas import CapacityRead, CapacitySet
from shared.http import Caller, IfMatch, ReadDb, Router, WriteTx, needs, set_etag

router = Router(tags=["churn warnings"])


@router.get(
    "/v1/churn-warning-capacity",
    operation_id="getWarningCapacity",
    summary="Read how many churn warnings an owner may have 预警容量",
    response_model=CapacityRead,
    **needs("policies:read"),
)
async def get_capacity(db: ReadDb, response: Response) -> dict[str, Any]:
    """Version 0: nobody set one, and owners may have any number."""
    row = await queries.rule(db)
    set_etag(response, row["version"])
    return row


@router.put(
    "/v1/churn-warning-capacity",
    operation_id="setWarningCapacity",
    summary="Set how many churn warnings an owner may have 设置预警容量",
    response_model=CapacityRead,
    **needs("policies:write"),
)
async def set_capacity(
    body: CapacitySet, *, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """Beyond it warnings wait, those with most at risk first; nothing that is open is taken back.

    `If-Match` is optional.
    """
    row = await commands.set_capacity(tx, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row
