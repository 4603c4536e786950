"""Every change of a calendar and of its days."""

from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import Date, Integer, Uuid, bindparam, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from interaction_svc.calendars import queries
from interaction_svc.calendars.schemas import CalendarCreate, CalendarPatch, DaySet
from interaction_svc.calendars.tables import Calendar, CalendarDay
from interaction_svc.revisions.commands import advance
from shared.db import Tx, prepare
from shared.holidays import known
from shared.http import check_version
from shared.problems import Conflict, Invalid

_T = Calendar.__table__  # type: ignore[attr-defined]
_D = CalendarDay.__table__  # type: ignore[attr-defined]
_CHANGEABLE = ("name", "timezone", "week", "country", "subdivision", "version", "updated_at")
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_CHANGE = prepare(
    update(_T).where(_this, _T.c.version == bindparam("b_version", type_=Integer)), *_CHANGEABLE
)
_TOUCH = prepare(update(_T).where(_this).values(version=_T.c.version + 1), "updated_at")
_REMOVE = prepare(delete(_T).where(_this))
_day = insert_or_update(_D)
_SET_DAY = prepare(
    _day.on_conflict_do_update(
        index_elements=["calendar_id", "day"], set_={"spans": _day.excluded.spans, "name": _day.excluded.name}
    ),
    *_D.c.keys(),
)
_CLEAR_DAY = prepare(
    delete(_D).where(
        _D.c.calendar_id == bindparam("b_id", type_=Uuid), _D.c.day == bindparam("b_day", type_=Date)
    )
)


async def create_calendar(tx: Tx, body: CalendarCreate) -> dict[str, Any]:
    """A new calendar; Invalid for a wrong place, Conflict if its org unit, or all without one, have one."""
    row = {
        **_of_a_known_place(body.model_dump()),
        "id": tx.new_id(),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await advance(tx)
    try:
        await tx.run(_INSERT, **row)
    except UniqueViolationError:
        raise Conflict(
            "calendar_exists", en="The org unit has a calendar already.", zh="该组织单元已有工作日历。"
        ) from None
    return row


async def change_calendar(
    tx: Tx, calendar_id: UUID, patch: CalendarPatch, *, expected: int | None
) -> dict[str, Any]:
    """Change what was sent; NotFound, Stale when `expected` is not the version, Invalid for a wrong place."""
    await advance(tx)
    before = await queries.calendar_to_change(tx, calendar_id)
    check_version(expected, before["version"])
    wanted = _of_a_known_place({**before, **patch.changes()})
    after = {**wanted, "version": before["version"] + 1, "updated_at": tx.now}
    await tx.run(_CHANGE, b_id=calendar_id, b_version=before["version"], **after)
    return after


async def remove_calendar(tx: Tx, calendar_id: UUID, *, expected: int | None) -> None:
    """Remove it with its days; NotFound, Stale when `expected` is not the version."""
    await advance(tx)
    before = await queries.calendar_to_change(tx, calendar_id)
    check_version(expected, before["version"])
    await tx.run(_REMOVE, b_id=calendar_id)


async def set_day(tx: Tx, calendar_id: UUID, day: date, body: DaySet) -> dict[str, Any]:
    """Set what is worked on a day, or NotFound; the same again changes nothing."""
    await advance(tx)
    await queries.calendar_to_change(tx, calendar_id)
    row = {**body.model_dump(), "calendar_id": calendar_id, "day": day}
    await tx.run(_SET_DAY, **row)
    await tx.run(_TOUCH, b_id=calendar_id, updated_at=tx.now)
    return {**row, "source": "own"}


async def clear_day(tx: Tx, calendar_id: UUID, day: date) -> None:
    """Let the week and the holidays say again what is worked on a day; NotFound if there is no calendar."""
    await advance(tx)
    await queries.calendar_to_change(tx, calendar_id)
    if await tx.run(_CLEAR_DAY, b_id=calendar_id, b_day=day):
        await tx.run(_TOUCH, b_id=calendar_id, updated_at=tx.now)


def _of_a_known_place(wanted: dict[str, Any]) -> dict[str, Any]:
    country, subdivision = wanted["country"], wanted["subdivision"]
    if country is None and subdivision is not None:
        raise Invalid.at(
            "/country", "required", en="is required beside subdivision", zh="填写 subdivision 时为必填项"
        )
    if country is not None and not known(country, subdivision):
        raise Invalid.at(
            "/country" if subdivision is None else "/subdivision",
            "place_unknown",
            en="has no known holidays",
            zh="没有该国家或地区的节假日数据",
        )
    return wanted
