"""Door for HTTP: the company's standing rules of reminders."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from notify_svc.reminder_rules import keeping, queries
from notify_svc.reminder_rules.schemas import (
    ReminderRuleCreate,
    ReminderRulePatch,
    ReminderRuleQuery,
    ReminderRuleRead,
    shown,
)
from shared.db import Record
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["reminders"])


def _answer(response: Response, row: Record) -> dict[str, Any]:
    set_etag(response, row["version"])
    return shown(row)


@router.post(
    "/v1/reminder-rules",
    status_code=201,
    operation_id="createReminderRule",
    summary="Have people reminded after events",
    description=(
        "So many `days` after each such event of a customer, or of the silence of one, somebody is reminded; "
        "negative days are before what the event tells of. What ends it (a promise that is kept) takes the "
        "reminder back. One reminder is open per rule and thing. It counts for what happens from then on."
    ),
    response_model=ReminderRuleRead,
    **needs("policies:write"),
)
async def create_reminder_rule(
    body: ReminderRuleCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await keeping.add(tx, body.kept(), by=caller.id)
    response.headers["Location"] = f"/v1/reminder-rules/{row['id']}"
    return _answer(response, row)


@router.get(
    "/v1/reminder-rules",
    operation_id="listReminderRules",
    summary="List the rules of reminders",
    description="Newest first, or by `name`; those that are switched off, too.",
    response_model=Page[ReminderRuleRead],
    **needs("policies:read"),
)
async def list_reminder_rules(
    query: Annotated[ReminderRuleQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    page = await queries.rules_page(db, query, sealer)
    return {**page, "data": [shown(row) for row in page["data"]]}


@router.get(
    "/v1/reminder-rules/{reminder_rule_id}",
    operation_id="getReminderRule",
    summary="Read one rule of reminders",
    description="As it stands now; its ETag can be sent as `If-Match` with a change.",
    response_model=ReminderRuleRead,
    **needs("policies:read"),
)
async def get_reminder_rule(reminder_rule_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    return _answer(response, await queries.rule(db, reminder_rule_id))


@router.patch(
    "/v1/reminder-rules/{reminder_rule_id}",
    operation_id="changeReminderRule",
    summary="Change a rule of reminders",
    description="A merge patch, for what happens from then on. Off, it takes back what it scheduled.",
    response_model=ReminderRuleRead,
    **needs("policies:write"),
)
async def change_reminder_rule(
    *,
    reminder_rule_id: UUID,
    body: ReminderRulePatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    return _answer(
        response, await keeping.change(tx, reminder_rule_id, body.kept(), by=caller.id, expected=expected)
    )


@router.delete(
    "/v1/reminder-rules/{reminder_rule_id}",
    status_code=204,
    operation_id="deleteReminderRule",
    summary="Remove a rule of reminders",
    description="What it scheduled is cancelled; what is due stays.",
    **needs("policies:write"),
)
async def delete_reminder_rule(
    reminder_rule_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch
) -> None:
    await keeping.drop(tx, reminder_rule_id, by=caller.id, expected=expected)
