"""Counting everything that is open anew, after a change of the rules."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, update

from interaction_svc.clocks import commands as clocks
from interaction_svc.complaints import counting, queries
from interaction_svc.complaints.commands import clocks_of
from interaction_svc.complaints.tables import Complaint
from interaction_svc.sla.queries import rules
from shared.db import prepare
from shared.jobs import JobContext

_T = Complaint.__table__  # type: ignore[attr-defined]
_COUNT = prepare(
    update(_T).where(_T.c.id == bindparam("b_id", type_=Uuid)), "policy_id", "sla_due_at", "step_due_at"
)
_AT_ONCE = 500


async def count_anew(job: JobContext, _: dict[str, Any]) -> None:
    """Move the deadlines of open cases, and their clocks, to where the rules put them now."""
    after: UUID | None = None
    while True:
        async with job.begin() as tx:
            cases = await queries.open_cases(tx, after=after, most=_AT_ONCE)
            held = await rules(tx)
            moved = [counting.counted(case, held) for case in cases]
            await tx.run_many(
                _COUNT,
                [
                    {
                        "b_id": now.id,
                        "policy_id": now.policy_id,
                        "sla_due_at": now.sla_due_at,
                        "step_due_at": now.step_due_at,
                    }
                    for before, now in zip(cases, moved, strict=True)
                    if now != before
                ],
            )
            ticking = [clocks_of(case, held) for case in moved]
            await clocks.keep(tx, ticking)
            await clocks.drop_others(tx, ticking)
        if len(cases) < _AT_ONCE:
            return
        after = cases[-1].id
