"""Every change of a visit by hand, and missing those that nobody reported."""

from typing import Any
from uuid import UUID

from interaction_svc.interactions.commands import log_interaction
from interaction_svc.interactions.schemas import InteractionCreate
from interaction_svc.visits import courses, domain, queries
from interaction_svc.visits.schemas import VisitCheckIn, VisitCreate, VisitPatch, VisitReport
from shared.db import Tx
from shared.http import check_version
from shared.jobs import JobContext
from shared.references import recorded_for

MISSING = "visits.miss"
AT_ONCE = 500
_MOST_PARTICIPANTS = 50


async def plan_visit(tx: Tx, body: VisitCreate, *, distributor_id: UUID | None, by: UUID) -> dict[str, Any]:
    """Plan one visit; Invalid for one that is too long, too far away, or ends before it starts."""
    domain.check_times(body.starts_at, body.ends_at, now=tx.now)
    wanted = body.model_dump()
    row = {
        **wanted,
        "distributor_id": distributor_id,
        "assignee_id": body.assignee_id or by,
        "participants": domain.stored_participants(wanted["participants"]),
    }
    (made,) = await courses.plan(tx, [row], by=by)
    return await queries.as_it_stands(tx, made)


async def change_visit(
    tx: Tx, visit_id: UUID, patch: VisitPatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what was sent of a planned visit. Raises NotFound, Stale, Conflict, Invalid."""
    row = await queries.visit_to_change(tx, visit_id)
    check_version(expected, row["version"])
    domain.after(row["status"], "change")
    changes = patch.changes()
    if "participants" in changes:
        changes["participants"] = domain.stored_participants(changes["participants"])
    wanted = {name: value for name, value in changes.items() if row[name] != value}
    moved = not wanted.keys().isdisjoint({"starts_at", "ends_at"})
    if moved:
        after = {**row, **wanted}
        domain.check_times(after["starts_at"], after["ends_at"], now=tx.now)
    async with tx.handing_over():  # to somebody whose customers are not in the caller's sight
        if wanted:
            wanted["by_hand"] = row["series_id"] is not None
            row = await courses.save(tx, row, wanted, "move" if moved else "change", by=by)
        return await queries.as_it_stands(tx, row)


async def check_in(
    tx: Tx, visit_id: UUID, body: VisitCheckIn, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Note where and when somebody arrived. Raises NotFound, Stale, and Conflict if it is not the time."""
    row = await queries.visit_to_change(tx, visit_id)
    check_version(expected, row["version"])
    domain.after(row["status"], "check_in")
    domain.check_arrival(row["starts_at"], checked_in=row["checked_in_at"] is not None, now=tx.now)
    wanted = {"check_in": body.model_dump(), "checked_in_at": tx.now, "checked_in_by": by}
    return await queries.as_it_stands(tx, await courses.save(tx, row, wanted, "check_in", by=by))


async def report_visit(
    tx: Tx, visit_id: UUID, body: VisitReport, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """End a visit as done, with an interaction that tells what came of it.

    Raises NotFound, Stale, Conflict, and Invalid when it takes place more than a day from now.
    """
    seen = await queries.visit(tx, visit_id)
    check_version(expected, seen["version"])
    status = domain.after(seen["status"], "report")
    # The interaction locks the customer: before the visit, as those do who are told that a customer moved.
    async with tx.handing_over():  # who goes there need not hold the customer
        logged = await log_interaction(tx, _told_of(seen, body), distributor_id=seen["distributor_id"], by=by)
    row = await queries.visit_to_change(tx, visit_id)
    check_version(expected, row["version"])
    status = domain.after(row["status"], "report")
    wanted = {"status": status, "interaction_id": logged["id"], "done_at": tx.now, "done_by": by}
    return await queries.as_it_stands(tx, await courses.save(tx, row, wanted, "report", by=by))


async def cancel_visit(
    tx: Tx, visit_id: UUID, reason: str, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Call a planned visit off. Raises NotFound, Stale, Conflict."""
    row = await queries.visit_to_change(tx, visit_id)
    check_version(expected, row["version"])
    status = domain.after(row["status"], "cancel")
    ended: dict[str, Any] = {"cancelled_at": tx.now, "cancelled_by": by, "reason": reason}
    wanted = {**ended, "status": status, "by_hand": row["series_id"] is not None}
    return await queries.as_it_stands(tx, await courses.save(tx, row, wanted, "cancel", by=by, note=reason))


async def miss_overdue(job: JobContext, _: dict[str, Any]) -> None:
    """Mark every planned visit that ended more than a day ago as missed, and say so once each."""
    full = True
    while full:
        async with job.begin() as tx:
            rows = await queries.overdue(tx, before=tx.now - domain.MISSED_AFTER, most=AT_ONCE)
            for row in rows:
                wanted = {"status": domain.after(row["status"], domain.MISS), "missed_at": tx.now}
                await courses.save(tx, row, wanted, domain.MISS, by=None)
            full = len(rows) == AT_ONCE


def _told_of(row: dict[str, Any], body: VisitReport) -> InteractionCreate:
    """The visit as an interaction: the assignee took part, too."""
    there = row["participants"]
    if str(row["assignee_id"]) not in {one["id"] for one in there}:
        there = [{"kind": "staff", "id": row["assignee_id"]}, *there]
    return InteractionCreate(
        customer_id=recorded_for(row),
        channel=body.channel,
        direction="outbound",
        occurred_at=body.occurred_at or row["checked_in_at"] or row["starts_at"],
        participants=there[:_MOST_PARTICIPANTS],
        summary=body.summary,
        agreement=body.agreement,
    )
