"""The door for other services that speak for themselves (ADR 42); no edge publishes it."""

from typing import Any

from customer_svc.recipients import commands, queries
from customer_svc.recipients.schemas import (
    Birthdays,
    BirthdaysAsk,
    People,
    PeopleAsk,
    Recipients,
    RecipientsAsk,
    TagsChange,
    TagsRead,
    TimezonesRead,
)
from shared.http import Caller, Router, WriteTx, needs

router = Router(tags=["recipients"], include_in_schema=False)


@router.post(
    "/internal/recipients",
    operation_id="askRecipients",
    response_model=Recipients,
    **needs("recipients:read"),
)
async def ask_recipients(body: RecipientsAsk, tx: WriteTx) -> Any:
    """How customers and contacts can be reached now."""
    found = [
        *await queries.customers(tx, body.customers),
        *await queries.contacts(tx, body.contacts),
    ]
    return {"recipients": found}


@router.post(
    "/internal/birthdays", operation_id="askBirthdays", response_model=Birthdays, **needs("recipients:read")
)
async def ask_birthdays(body: BirthdaysAsk, tx: WriteTx) -> Any:
    """Whose birthday is on one of these days: ids only."""
    return {"persons": await queries.birthdays(tx, body)}


@router.post("/internal/people", operation_id="askPeople", response_model=People, **needs("recipients:read"))
async def ask_people(body: PeopleAsk, tx: WriteTx) -> Any:
    """Everybody by pages: ids only."""
    return {"persons": await queries.people(tx, body)}


@router.post(
    "/internal/timezones",
    operation_id="askTimezones",
    response_model=TimezonesRead,
    **needs("recipients:read"),
)
async def ask_timezones(tx: WriteTx) -> Any:
    """In which time zones customers live."""
    return {"timezones": await queries.timezones(tx)}


@router.post("/internal/tags", operation_id="changeTags", response_model=TagsRead, **needs("tags:write"))
async def change_tags(body: TagsChange, tx: WriteTx, caller: Caller) -> Any:
    """Put tags on a customer, take tags off."""
    tags = await commands.change_tags(tx, body, by=caller.id)
    return {"customer_id": body.customer_id, "tags": tags}
