"""Taking a complaint in, and giving it to whom the rules say."""

from typing import Any
from uuid import UUID

from interaction_svc.assignment.commands import find_owner
from interaction_svc.assignment.domain import Matter
from interaction_svc.complaints import commands as complaints
from interaction_svc.complaints import domain
from interaction_svc.complaints.schemas import ComplaintCreate
from shared.db import Tx


async def take_in(tx: Tx, body: ComplaintCreate, *, distributor_id: UUID | None, by: UUID) -> dict[str, Any]:
    """A new complaint with its owner, if a rule finds one."""
    row = await complaints.open_complaint(tx, body, distributor_id=distributor_id, by=by)
    matter = Matter(
        body.category, body.severity, body.channel, row["tier"], row["distributor_id"], row["org_unit_id"]
    )
    owner = await find_owner(tx, matter)
    if owner is None:
        return row
    return await complaints.move(tx, row["id"], lambda case, deed: domain.assign(case, deed, owner), by=by)
