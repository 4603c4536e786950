"""The door for HTTP: calendars, their days, and deadlines in working time."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from interaction_svc.calendars import commands, queries
from interaction_svc.calendars.schemas import (
    CalendarCreate,
    CalendarPatch,
    CalendarQuery,
    CalendarRead,
    DayRead,
    Days,
    DaySet,
    DaysQuery,
    Deadline,
    DeadlineQuery,
    PlannedDay,
)
from interaction_svc.calendars.working import NoWorkingTime, WorkingTime
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.problems import Invalid

router = Router(tags=["calendars"])


@router.get(
    "/v1/calendars",
    operation_id="listCalendars",
    summary="List calendars 查询工作日历",
    description="By name. The one without an org unit is of all who have no other.",
    response_model=Page[CalendarRead],
    **needs("policies:read"),
)
async def list_calendars(
    query: Annotated[CalendarQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.calendars(db, query, sealer)


@router.post(
    "/v1/calendars",
    status_code=201,
    operation_id="createCalendar",
    summary="Create a calendar 新建工作日历",
    description=(
        "The hours of the week in a time zone; with a country its statutory holidays are free and its "
        "make-up workdays 调休 are worked, as far as they are published. 409 `calendar_exists`: the org "
        "unit has one already."
    ),
    response_model=CalendarRead,
    **needs("policies:write"),
)
async def create_calendar(body: CalendarCreate, tx: WriteTx, response: Response) -> dict[str, Any]:
    row = await commands.create_calendar(tx, body)
    response.headers["Location"] = f"/v1/calendars/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/calendars/{calendar_id}",
    operation_id="getCalendar",
    summary="Read one calendar 查看工作日历",
    description="Its ETag is its version.",
    response_model=CalendarRead,
    **needs("policies:read"),
)
async def get_calendar(calendar_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.calendar(db, calendar_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/calendars/{calendar_id}",
    operation_id="changeCalendar",
    summary="Change a calendar 修改工作日历",
    description="A merge patch (RFC 7396); `week` is replaced as a whole. `If-Match` is optional.",
    response_model=CalendarRead,
    **needs("policies:write"),
)
async def change_calendar(
    calendar_id: UUID, body: CalendarPatch, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.change_calendar(tx, calendar_id, body, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/calendars/{calendar_id}",
    status_code=204,
    operation_id="removeCalendar",
    summary="Remove a calendar 删除工作日历",
    description="With all its days. `If-Match` is optional.",
    **needs("policies:write"),
)
async def remove_calendar(calendar_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await commands.remove_calendar(tx, calendar_id, expected=expected)


@router.get(
    "/v1/calendars/{calendar_id}/days",
    operation_id="listCalendarDays",
    summary="What is worked day by day 查询每日工作时间",
    description="Each day from `since` to `until`, at most a year, with its spans and where they come from.",
    response_model=Days,
    **needs("policies:read"),
)
async def list_calendar_days(
    calendar_id: UUID, query: Annotated[DaysQuery, Query()], db: ReadDb
) -> dict[str, Any]:
    return {"data": queries.days_of(await queries.hours(db, calendar_id), query.since, query.until)}


@router.put(
    "/v1/calendars/{calendar_id}/days/{day}",
    operation_id="setCalendarDay",
    summary="Set a day 设置某日工作时间",
    description=(
        "What is worked on this day, whatever the week and the holidays say: a day off, a make-up workday, "
        "other hours. The same again changes nothing."
    ),
    response_model=DayRead,
    **needs("policies:write"),
)
async def set_calendar_day(calendar_id: UUID, day: PlannedDay, body: DaySet, tx: WriteTx) -> dict[str, Any]:
    return await commands.set_day(tx, calendar_id, day, body)


@router.delete(
    "/v1/calendars/{calendar_id}/days/{day}",
    status_code=204,
    operation_id="clearCalendarDay",
    summary="Unset a day 取消单日设置",
    description="The week and the holidays say again what is worked; also when nothing was set.",
    **needs("policies:write"),
)
async def clear_calendar_day(calendar_id: UUID, day: PlannedDay, tx: WriteTx) -> None:
    await commands.clear_day(tx, calendar_id, day)


@router.get(
    "/v1/calendars/{calendar_id}/deadline",
    operation_id="getDeadline",
    summary="When working time has passed 计算截止时间",
    description=(
        "The first moment at which so many `minutes` of working time have passed since `start`. 422 "
        "`no_working_time` if that is more than ten years away."
    ),
    response_model=Deadline,
    **needs("policies:read"),
)
async def get_deadline(
    calendar_id: UUID, query: Annotated[DeadlineQuery, Query()], db: ReadDb
) -> dict[str, Any]:
    working = WorkingTime(await queries.hours(db, calendar_id))
    try:
        due_at = working.after(query.start, timedelta(minutes=query.minutes))
    except NoWorkingTime:
        raise Invalid.at(
            "/minutes",
            "no_working_time",
            en="So much working time does not come within ten years.",
            zh="十年内没有足够的工作时间。",
        ) from None
    return {**query.model_dump(), "due_at": due_at}
