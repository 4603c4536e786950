"""Every change of a series, and making its visits ahead of time, each once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, insert, update

from interaction_svc.visit_series import domain, queries
from interaction_svc.visit_series.schemas import SeriesCreate, SeriesPatch
from interaction_svc.visit_series.tables import VisitSeries
from interaction_svc.visits import courses
from interaction_svc.visits.domain import after, stored_participants
from shared.db import Tx, prepare
from shared.http import check_version
from shared.jobs import JobContext
from shared.recurrence import normal
from shared.references import recorded_for

MAKING = "visits.make"
AT_ONCE = 100
_T: Any = VisitSeries.__table__  # type: ignore[attr-defined]
_FIXED = {"id", "customer_id", "origin_id", "distributor_id", "created_by", "created_at"}

_INSERT = prepare(insert(_T).returning(_T.c.customer_id, _T.c.origin_id, _T.c.distributor_id), *_T.c.keys())
_SAVE = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *(column.key for column in _T.c if column.key not in _FIXED),
)
_MADE = prepare(update(_T).where(_T.c.id == bindparam("b_id", type_=Uuid)), "made_until")


async def begin_series(
    tx: Tx, body: SeriesCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Store a series and make its visits of the next 90 days; Invalid for a rule out of bounds."""
    row = {
        **_storable(body.model_dump()),
        **dict.fromkeys(("origin_id", "ends_at", "ended_at", "ended_by")),
        "id": tx.new_id(),
        "distributor_id": distributor_id,
        "assignee_id": body.assignee_id or by,
        "made_until": tx.now + domain.AHEAD,
        "created_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    domain.check_plan(row, now=tx.now)
    found = domain.slots(row, since=tx.now, until=row["made_until"])
    row |= dict(await tx.row(_INSERT, **row) or {})
    await _plan(tx, row, found, by=by)
    return queries.shown(row)


async def change_series(
    tx: Tx, series_id: UUID, patch: SeriesPatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what is still to come of a series, but for what a hand has touched.

    Raises NotFound, Stale, Conflict when it was ended, Invalid for a rule out of bounds.
    """
    row = await queries.series_to_change(tx, series_id)
    check_version(expected, row["version"])
    domain.check_goes_on(row)
    changes = _storable(patch.changes())
    wanted = {name: value for name, value in changes.items() if row[name] != value}
    if not wanted:
        return queries.shown(row)
    if not wanted.keys().isdisjoint(domain.PLAN):
        domain.check_plan({**row, **wanted}, now=tx.now)
    until = max(row["made_until"], tx.now + domain.AHEAD)
    found = domain.slots({**row, **wanted}, since=tx.now, until=until)
    async with tx.handing_over():  # to somebody whose customers are not in the caller's sight
        row = await _save(tx, row, {**wanted, "made_until": until})
        await _fit(tx, row, found, by=by)
    return queries.shown(row)


async def end_series(
    tx: Tx, series_id: UUID, start: datetime | None, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Let there be no more visits from then on (None: now); those that are planned are cancelled.

    Raises NotFound, Stale, Conflict when it was ended before, Invalid for an end too far ahead.
    """
    row = await queries.series_to_change(tx, series_id)
    check_version(expected, row["version"])
    domain.check_goes_on(row)
    ends_at = start or tx.now
    domain.check_end(ends_at, now=tx.now)
    async with tx.handing_over():
        row = await _save(tx, row, {"ends_at": ends_at, "ended_at": tx.now, "ended_by": by})
        for visit in await queries.to_come(tx, series_id, start=ends_at):
            await _cancel(tx, visit, by=by)
    return queries.shown(row)


async def make_ahead(job: JobContext, _: dict[str, Any]) -> None:
    """Make the visits of the next 90 days of every series; each in a transaction of its own."""
    async with job.db.read() as reader:
        until = job.db.now() + domain.AHEAD
        waiting = await queries.to_make(reader, until=until, most=AT_ONCE)
    while waiting:
        for each in waiting:
            async with job.begin() as tx:
                await queries.hold_customer(tx, each["customer_id"])
                await _make(tx, each["id"], until)
        async with job.db.read() as reader:
            more = await queries.to_make(reader, until=until, most=AT_ONCE)
        waiting = [] if more == waiting else more  # others hold all of these: they make them


async def _make(tx: Tx, series_id: UUID, until: datetime) -> None:
    row = await queries.free(tx, series_id, until=until)
    if row is None:
        return
    since = max(row["made_until"], tx.now)
    await _plan(tx, row, domain.slots(row, since=since, until=until), by=row["created_by"])
    await tx.run(_MADE, b_id=series_id, made_until=until)


async def _plan(tx: Tx, row: Mapping[str, Any], found: Mapping[Any, domain.Slot], *, by: UUID) -> None:
    facts = {name: row[name] for name in domain.FACTS}
    whose = {"customer_id": recorded_for(row), "distributor_id": row["distributor_id"]}
    visits = [
        {**facts, **whose, **slot._asdict(), "series_id": row["id"], "occurs_on": day}
        for day, slot in sorted(found.items())
    ]
    await courses.plan(tx, visits, by=by)


async def _fit(tx: Tx, row: Mapping[str, Any], found: Mapping[Any, domain.Slot], *, by: UUID) -> None:
    """Make what is there of a series what it says now, and what is not there yet."""
    facts = {name: row[name] for name in domain.FACTS}
    left = dict(found)
    since = (tx.now - timedelta(days=2)).date()  # whatever the zone, and the zone before
    for visit in await queries.made(tx, row["id"], since=since):
        slot = left.pop(visit["occurs_on"], None)
        fate = domain.fate(visit, found, now=tx.now)
        if fate == "drop":
            await _cancel(tx, visit, by=by)
        elif fate != "keep" and slot is not None:
            wanted = {**facts, **slot._asdict()}
            await _follow(tx, visit, wanted, revived=fate == "revive", by=by)
    await _plan(tx, row, left, by=by)


async def _follow(
    tx: Tx, visit: Mapping[str, Any], wanted: Mapping[str, Any], *, revived: bool, by: UUID
) -> None:
    changed = {name: value for name, value in wanted.items() if visit[name] != value}
    if revived:
        changed |= {"status": after(visit["status"], "replan"), "cancelled_at": None, "cancelled_by": None}
        await courses.save(tx, visit, changed, "replan", by=by)
    elif changed:
        moved = not changed.keys().isdisjoint(domain.Slot._fields)
        await courses.save(tx, visit, changed, "move" if moved else "change", by=by)


async def _cancel(tx: Tx, visit: Mapping[str, Any], *, by: UUID) -> None:
    wanted = {"status": after(visit["status"], "cancel"), "cancelled_at": tx.now, "cancelled_by": by}
    await courses.save(tx, visit, wanted, "cancel", by=by)


async def _save(tx: Tx, row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    after_it = {**row, **wanted, "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_SAVE, b_id=row["id"], b_version=row["version"], **after_it)
    return after_it


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    if "participants" in values:
        values["participants"] = stored_participants(values["participants"])
    if "rrule" in values:
        values["rrule"] = normal(values["rrule"])
    return values
