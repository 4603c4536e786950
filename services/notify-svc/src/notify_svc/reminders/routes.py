"""Door for HTTP: reminders of one's own, of those one made them for, and for managers all of them."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from notify_svc.reminders import commands, queries
from notify_svc.reminders.schemas import (
    Done,
    ReminderCreate,
    ReminderDelegation,
    ReminderPatch,
    ReminderQuery,
    ReminderRead,
    ReminderStep,
    ReminderStepQuery,
    Snooze,
    shown,
)
from notify_svc.wording.domain import Language
from notify_svc.wording.schemas import ReadingLanguage
from shared.auth.tokens import HEADER
from shared.db import Record
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)
from shared.references import References

router = Router(tags=["reminders"])


@dataclass(frozen=True, slots=True)
class _Asked:
    body: ReminderCreate
    distributor_id: UUID | None


async def _asked(body: ReminderCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    if body.customer_id is None:
        return _Asked(body, None)
    references: References = request.state.references
    known = await references.require(body.customer_id, scope=caller.scope, token=request.headers[HEADER])
    return _Asked(body, known.distributor_id)


def _answer(response: Response, row: Record, language: Language) -> dict[str, Any]:
    set_etag(response, row["version"])
    return shown(row, language)


@router.post(
    "/v1/reminders",
    status_code=201,
    operation_id="createReminder",
    summary="Remind somebody at a moment",
    description=(
        "Due at `due_at`, or when clocks in `timezone` show `local_time`. A wall time that a clock change "
        "skips means the moment of the change; one that comes twice means the first. With `rrule` it is the "
        "first of a series (`/v1/reminder-series`), whose next one is there when this one is over. With "
        "`after` it is `waiting` until the customer's next such event, for a year at most."
    ),
    response_model=ReminderRead,
    responses=NO_SUCH_RECORD,
    **needs("reminders:write"),
)
async def create_reminder(
    asked: Annotated[_Asked, Depends(_asked)],
    tx: WriteTx,
    caller: Caller,
    response: Response,
    language: ReadingLanguage,
) -> dict[str, Any]:
    given = asked.body.given(caller.id)
    row = await commands.create(tx, given, distributor_id=asked.distributor_id, caller=caller)
    response.headers["Location"] = f"/v1/reminders/{row['id']}"
    return _answer(response, row, language)


@router.get(
    "/v1/reminders",
    operation_id="listReminders",
    summary="List reminders",
    description="Those due first come first. Yours and those you made; managers see all, and the queue.",
    response_model=Page[ReminderRead],
    **needs("reminders:read"),
)
async def list_reminders(
    query: Annotated[ReminderQuery, Query()],
    db: ReadDb,
    caller: Caller,
    sealer: Sealing,
    language: ReadingLanguage,
) -> dict[str, Any]:
    page = await queries.reminders_page(db, query, sealer, caller=caller)
    return {**page, "data": [shown(row, language) for row in page["data"]]}


@router.get(
    "/v1/reminders/{reminder_id}",
    operation_id="getReminder",
    summary="Read one reminder",
    description="Its ETag can be sent as `If-Match` with a change.",
    response_model=ReminderRead,
    **needs("reminders:read"),
)
async def get_reminder(
    reminder_id: UUID, db: ReadDb, caller: Caller, response: Response, language: ReadingLanguage
) -> dict[str, Any]:
    return _answer(response, await queries.reminder(db, reminder_id, caller=caller), language)


@router.patch(
    "/v1/reminders/{reminder_id}",
    operation_id="changeReminder",
    summary="Change a reminder",
    description="A merge patch. A new moment schedules it again; a new assignee takes it over.",
    response_model=ReminderRead,
    **needs("reminders:write"),
)
async def change_reminder(
    *,
    reminder_id: UUID,
    body: ReminderPatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
    language: ReadingLanguage,
) -> dict[str, Any]:
    row = await commands.change(tx, reminder_id, body.kept(), caller=caller, expected=expected)
    return _answer(response, row, language)


@router.delete(
    "/v1/reminders/{reminder_id}",
    status_code=204,
    operation_id="cancelReminder",
    summary="Cancel a reminder",
    description="It stays readable as `cancelled`. Cancelling it again changes nothing.",
    **needs("reminders:write"),
)
async def cancel_reminder(reminder_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch) -> None:
    await commands.cancel(tx, reminder_id, caller=caller, expected=expected)


@router.post(
    "/v1/reminders/{reminder_id}/snooze",
    operation_id="snoozeReminder",
    summary="Have it come again later",
    description="At `until`, or in so many `minutes`. Not possible once it is done or cancelled.",
    response_model=ReminderRead,
    **needs("reminders:write"),
)
async def snooze_reminder(
    *,
    reminder_id: UUID,
    body: Snooze,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
    language: ReadingLanguage,
) -> dict[str, Any]:
    row = await commands.snooze(
        tx, reminder_id, until=body.until, minutes=body.minutes, caller=caller, expected=expected
    )
    return _answer(response, row, language)


@router.post(
    "/v1/reminders/{reminder_id}/delegate",
    operation_id="delegateReminder",
    summary="Hand it on to somebody else",
    description="Who takes it over is told at once; it goes out of the inbox of who had it.",
    response_model=ReminderRead,
    **needs("reminders:write"),
)
async def delegate_reminder(
    *,
    reminder_id: UUID,
    body: ReminderDelegation,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
    language: ReadingLanguage,
) -> dict[str, Any]:
    row = await commands.delegate(
        tx, reminder_id, to_id=body.to_id, note=body.note, caller=caller, expected=expected
    )
    return _answer(response, row, language)


@router.get(
    "/v1/reminders/{reminder_id}/history",
    operation_id="listReminderHistory",
    summary="Read what happened to a reminder",
    description="The oldest first: made, moved, fired, skipped and why, handed on, escalated, done.",
    response_model=Page[ReminderStep],
    **needs("reminders:read"),
)
async def list_reminder_history(
    reminder_id: UUID,
    query: Annotated[ReminderStepQuery, Query()],
    db: ReadDb,
    caller: Caller,
    sealer: Sealing,
) -> dict[str, Any]:
    return await queries.history_page(db, reminder_id, query, sealer, caller=caller)


@router.post(
    "/v1/reminders/{reminder_id}/done",
    operation_id="finishReminder",
    summary="Say that it is done",
    description="With what came of it, if that is worth a line. Its inbox items count as read.",
    response_model=ReminderRead,
    **needs("reminders:write"),
)
async def finish_reminder(
    *,
    reminder_id: UUID,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
    language: ReadingLanguage,
    body: Done | None = None,
) -> dict[str, Any]:
    outcome = body.outcome if body else None
    row = await commands.finish(tx, reminder_id, outcome=outcome, caller=caller, expected=expected)
    return _answer(response, row, language)
