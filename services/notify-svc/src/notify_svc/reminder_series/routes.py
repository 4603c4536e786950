"""Door for HTTP: series of reminders, of one's own, of those one made, and for managers all of them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from notify_svc.reminder_series import commands, queries
from notify_svc.reminder_series.schemas import (
    ReminderSeriesPatch,
    ReminderSeriesQuery,
    ReminderSeriesRead,
    shown,
)
from shared.db import Record
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["reminders"])


def _answer(response: Response, row: Record) -> dict[str, Any]:
    set_etag(response, row["version"])
    return shown(row)


@router.get(
    "/v1/reminder-series",
    operation_id="listReminderSeries",
    summary="List series of reminders",
    description="Newest first. Their reminders: `/v1/reminders?series_id=`. One begins with a reminder.",
    response_model=Page[ReminderSeriesRead],
    **needs("reminders:read"),
)
async def list_reminder_series(
    query: Annotated[ReminderSeriesQuery, Query()], db: ReadDb, caller: Caller, sealer: Sealing
) -> dict[str, Any]:
    page = await queries.series_page(db, query, sealer, caller=caller)
    return {**page, "data": [shown(row) for row in page["data"]]}


@router.get(
    "/v1/reminder-series/{reminder_series_id}",
    operation_id="getReminderSeries",
    summary="Read one series of reminders",
    description="As it stands now; its ETag can be sent as `If-Match` with a change.",
    response_model=ReminderSeriesRead,
    **needs("reminders:read"),
)
async def get_reminder_series(
    reminder_series_id: UUID, db: ReadDb, caller: Caller, response: Response
) -> dict[str, Any]:
    return _answer(response, await queries.series(db, reminder_series_id, caller=caller))


@router.patch(
    "/v1/reminder-series/{reminder_series_id}",
    operation_id="changeReminderSeries",
    summary="Change what is to come of a series",
    description=(
        "A merge patch. With another rule, start or zone the next reminder moves to when it is due now; "
        "one that somebody snoozed or moved stays. 409 `series_ended` once it has ended."
    ),
    response_model=ReminderSeriesRead,
    **needs("reminders:write"),
)
async def change_reminder_series(
    *,
    reminder_series_id: UUID,
    body: ReminderSeriesPatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change(tx, reminder_series_id, body.kept(), caller=caller, expected=expected)
    return _answer(response, row)


@router.post(
    "/v1/reminder-series/{reminder_series_id}/end",
    operation_id="endReminderSeries",
    summary="End a series of reminders",
    description=(
        "Its next reminder is cancelled and no more are made; what is due stays. `DELETE` of one of its "
        "reminders cancels that one alone. 409 `series_ended` the second time."
    ),
    response_model=ReminderSeriesRead,
    **needs("reminders:write"),
)
async def end_reminder_series(
    *, reminder_series_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    return _answer(response, await commands.end(tx, reminder_series_id, caller=caller, expected=expected))
