"""What was done to complaints, line by line."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from interaction_svc.complaints.counting import Step
from interaction_svc.complaints.tables import ComplaintStep
from shared.db import Tx, prepare

_S: Any = ComplaintStep.__table__  # type: ignore[attr-defined]
_REMEMBER = prepare(insert(_S), *_S.c.keys())


async def remember(tx: Tx, steps: Sequence[Step]) -> None:
    """Add these steps to the history of their cases."""
    await tx.run_many(
        _REMEMBER,
        [
            {
                "id": tx.new_id(),
                "complaint_id": step.case.id,
                "customer_id": step.case.customer_id,
                "distributor_id": step.case.distributor_id,
                "version": step.case.version,
                "verb": step.verb,
                "from_status": step.source,
                "to_status": step.case.status,
                "owner_id": step.case.owner_id,
                "note": step.deed.note,
                "changes": list(step.changes),
                "done_by": step.deed.by,
                "done_at": step.deed.at,
            }
            for step in steps
        ],
    )
