"""Every SELECT over calendars, and their working time."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from interaction_svc.calendars.domain import Day, Hours
from interaction_svc.calendars.schemas import CalendarQuery
from interaction_svc.calendars.spans import written
from interaction_svc.calendars.tables import Calendar, CalendarDay
from interaction_svc.calendars.written import as_written, hours_from
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T = Calendar.__table__  # type: ignore[attr-defined]
_D = CalendarDay.__table__  # type: ignore[attr-defined]
_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_ALL = prepare(select(_T))
_ALL_OWN = prepare(select(_D))
_OWN = prepare(select(_D).where(_D.c.calendar_id == bindparam("b_id", type_=Uuid)))
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"name": _T.c.name},
    default="name",
    filters={"org_unit_id": lambda v: _T.c.org_unit_id == v},
)


async def calendar(reader: Reader, calendar_id: UUID) -> dict[str, Any]:
    """One calendar, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=calendar_id)))


async def calendar_to_change(tx: Tx, calendar_id: UUID) -> dict[str, Any]:
    """One calendar, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=calendar_id)))


async def calendars(reader: Reader, query: CalendarQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all calendars."""
    return await _LIST.page(reader, query, sealer)


async def hours(reader: Reader, calendar_id: UUID) -> Hours:
    """When people work by this calendar, or 404."""
    found = await calendar(reader, calendar_id)
    return hours_from(as_written(found, map(dict, await reader.rows(_OWN, b_id=calendar_id))))


async def by_org_unit(reader: Reader) -> dict[UUID | None, str]:
    """Every calendar as it is written, by whose it is; None: of all who have no other."""
    own: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in await reader.rows(_ALL_OWN):
        own[row["calendar_id"]].append(dict(row))
    return {row["org_unit_id"]: as_written(dict(row), own[row["id"]]) for row in await reader.rows(_ALL)}


def shown(day: date, found: Day) -> dict[str, Any]:
    """A day as it is read."""
    return {"day": day, "spans": written(found.spans), "source": found.source, "name": found.name}


def days_of(found: Hours, since: date, until: date) -> list[dict[str, Any]]:
    """Each day of the period, in order."""
    count = (until - since).days + 1
    return [shown(day, found.day(day)) for day in (since + timedelta(days=place) for place in range(count))]


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("calendar", "工作日历")
    return row
