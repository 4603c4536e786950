"""Whether something took place in an interaction with a customer, or in a complaint of theirs."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from interaction_svc.complaints import queries as complaints
from interaction_svc.interactions import queries as interactions
from shared.db import Tx
from shared.problems import Invalid, NotFound
from shared.references import root


async def check_occasion(
    tx: Tx, customer_id: UUID, *, interaction_id: UUID | None, complaint_id: UUID | None
) -> None:
    """Invalid when one that is named is not of this customer, or out of sight."""
    if interaction_id is not None:
        found = interactions.interaction(tx, interaction_id)
        if not await _is_of(tx, customer_id, found):
            raise Invalid.at(
                "/interaction_id",
                "interaction_unknown",
                en="is no interaction with this customer",
                zh="不是该客户的沟通记录",
            )
    if complaint_id is not None:
        found = complaints.complaint(tx, complaint_id, now=tx.now)
        if not await _is_of(tx, customer_id, found):
            raise Invalid.at(
                "/complaint_id",
                "complaint_unknown",
                en="is no complaint of this customer",
                zh="不是该客户的投诉",
            )


async def _is_of(tx: Tx, customer_id: UUID, finding: Awaitable[dict[str, Any]]) -> bool:
    try:
        found = await finding
    except NotFound:
        return False
    return bool(found["customer_id"] == await root(tx, customer_id))
