"""The sweep: every alarm whose time has come is told once, by one worker."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, func, update

from interaction_svc.alarms import queries
from interaction_svc.clocks.tables import SlaClock
from interaction_svc.complaints.commands import escalate_by_clock
from interaction_svc.sla.ticking import kind, to_tell
from interaction_svc.teams.queries import Above, above
from shared.db import Record, Tx, prepare
from shared.events.complaint import ComplaintBreached, ComplaintWarned
from shared.jobs import JobContext
from shared.messaging import outbox

SWEEP = "sla.sweep"
AT_ONCE = 2000
_T: Any = SlaClock.__table__  # type: ignore[attr-defined]
_told = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("counts", type_=ARRAY(Integer)))
    .table_valued("id", "fired", name="told")
    .render_derived()
)
_TELL = prepare(update(_T).values(fired=_told.c.fired).where(_T.c.id == _told.c.id))


async def sweep(job: JobContext, _: dict[str, Any]) -> None:
    """Tell every alarm whose time has come."""
    full = True
    while full:
        async with job.begin() as tx:
            full = await tell_due(tx, most=AT_ONCE) == AT_ONCE


async def tell_due(tx: Tx, *, most: int) -> int:
    """Tell the alarms of so many clocks at most, those that wait longest first; how many clocks rang."""
    rows = await queries.ringing(tx, most=most)
    higher = await above(tx, {row["owner_id"] for row in rows if row["owner_id"] is not None})
    escalations: list[tuple[UUID, UUID | None]] = []
    counts: dict[UUID, int] = {}
    for row in rows:
        places = to_tell(row["alarm_at"], fired=row["fired"], done=row["done_at"] is not None, now=tx.now)
        counts[row["id"]] = max(places.stop, row["fired"])
        for place in places:
            recipient = _recipient(row, row["alarm_to"][place], higher)
            if kind(place) == "escalation":
                escalations.append((row["complaint_id"], recipient))
            else:
                _tell(tx, row, place, recipient)
    if rows:
        await tx.run(_TELL, ids=list(counts), counts=list(counts.values()))
    if escalations:
        await escalate_by_clock(tx, escalations)
    return len(rows)


def _recipient(row: Record, to: str, higher: Mapping[UUID, Above]) -> UUID | None:
    if to == "owner":
        return row["owner_id"]  # type: ignore[no-any-return]
    found = higher.get(row["owner_id"], Above(None, None))
    return found.lead if to == "lead" else found.manager


def _tell(tx: Tx, row: Record, place: int, recipient_id: UUID | None) -> None:
    event = ComplaintWarned if kind(place) == "warning" else ComplaintBreached
    outbox.record(
        tx,
        event(
            subject=row["id"],
            version=place + 1,
            distributor_id=row["distributor_id"],
            complaint_id=row["complaint_id"],
            customer_id=row["customer_id"],
            metric=row["metric"],
            severity=row["severity"],
            category=row["category"],
            due_at=row["due_at"],
            recipient_id=recipient_id,
        ),
    )
