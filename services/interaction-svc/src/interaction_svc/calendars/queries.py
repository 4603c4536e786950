"""Every SELECT over calendars, and their working time."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, bindparam, select

from interaction_svc.calendars.domain import Day, Hours
from interaction_svc.calendars.schemas import CalendarQuery
from interaction_svc.calendars.spans import minutes_of, week_of, written
from interaction_svc.calendars.tables import Calendar, CalendarDay
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T = Calendar.__table__  # type: ignore[attr-defined]
_D = CalendarDay.__table__  # type: ignore[attr-defined]
_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
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
    return hours_of(found, await reader.rows(_OWN, b_id=calendar_id))


def hours_of(found: Mapping[str, Any], own: list[Record]) -> Hours:
    """The hours that a row and those of its days say."""
    days = {row["day"]: Day(minutes_of(row["spans"]), "own", row["name"]) for row in own}
    zone = ZoneInfo(found["timezone"])
    return Hours(zone, week_of(found["week"]), found["country"], found["subdivision"], days)


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
