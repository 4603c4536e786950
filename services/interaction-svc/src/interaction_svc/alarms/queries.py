"""Which alarms are to be told, and how the clocks of a complaint stand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, select

from interaction_svc.clocks.tables import SlaClock
from interaction_svc.complaints.queries import SIGHT
from interaction_svc.complaints.tables import Complaint
from interaction_svc.sla import domain as sla
from shared.db import Reader, Record, Tx, in_sight_with, prepare, sight
from shared.problems import not_found

_T: Any = SlaClock.__table__  # type: ignore[attr-defined]
_C: Any = Complaint.__table__  # type: ignore[attr-defined]
# Both are locked: a clock that was read before its complaint moved on would be told of what is over.
_RINGING = prepare(
    select(
        *(
            _T.c[name]
            for name in ("id", "complaint_id", "metric", "due_at", "done_at", "alarm_at", "alarm_to")
        ),
        _T.c.fired,
        func.coalesce(_C.c.origin_id, _C.c.customer_id).label("customer_id"),
        *(_C.c[name] for name in ("distributor_id", "owner_id", "severity", "category")),
    )
    .join(_C, _C.c.id == _T.c.complaint_id)
    .where(_T.c.next_at < func.now())
    .order_by(_T.c.next_at)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_OF = prepare(
    select(_T)
    .where(
        _T.c.complaint_id == bindparam("b_id", type_=Uuid),
        in_sight_with(SIGHT, _C.c.id == _T.c.complaint_id),
    )
    .order_by(_T.c.started_at, _T.c.metric)
)


async def ringing(tx: Tx, *, most: int) -> list[Record]:
    """Clocks whose next alarm has come, earliest first, locked with their complaints."""
    return await tx.rows(_RINGING, b_most=most)


async def clocks(reader: Reader, complaint_id: UUID, *, now: datetime) -> list[dict[str, Any]]:
    """Every clock of one complaint as it stands at `now`, oldest first, or 404."""
    rows = await reader.rows(_OF, b_id=complaint_id, **sight(reader.scope))
    if not rows:
        raise not_found("complaint", "投诉")
    return [
        {
            **dict(row),
            "state": sla.sla_state(row["due_at"], row["done_at"], row["paused_at"], now=now),
            "warn_at": row["alarm_at"][0],
            "alarms_told": row["fired"],
        }
        for row in rows
    ]
