"""The door to the people at a customer."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.changes import ChangeRead, HistoryQuery
from customer_svc.contacts import commands, queries
from customer_svc.contacts.schemas import ContactCreate, ContactPatch, ContactQuery, ContactRead
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["contacts"])


@router.get(
    "/v1/customers/{customer_id}/contacts",
    operation_id="listContacts",
    summary="List a customer's contacts",
    response_model=Page[ContactRead],
    **needs("customers:read"),
)
async def list_contacts(
    customer_id: UUID, query: Annotated[ContactQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """The people at a customer, in the order in which they were added."""
    return await queries.contacts(db, customer_id, query, sealer)


@router.post(
    "/v1/customers/{customer_id}/contacts",
    status_code=201,
    operation_id="addContact",
    summary="Add a contact",
    response_model=ContactRead,
    **needs("customers:write"),
)
async def add_contact(
    customer_id: UUID, body: ContactCreate, tx: WriteTx, caller: Caller, response: Response
) -> Any:
    """Add a person: post, phone, e-mail, birthday, the role in the customer's decisions, how close we are.

    With `is_primary` it takes the place of who was the primary contact so far.
    """
    row = await commands.add_contact(tx, customer_id, body, by=caller.id)
    response.headers["Location"] = f"/v1/customers/{customer_id}/contacts/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/customers/{customer_id}/contacts/{contact_id}",
    operation_id="getContact",
    summary="Read a contact",
    response_model=ContactRead,
    **needs("customers:read"),
)
async def get_contact(customer_id: UUID, contact_id: UUID, db: ReadDb, response: Response) -> Any:
    """One person at a customer, with its ETag."""
    row = await queries.contact(db, customer_id, contact_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/customers/{customer_id}/contacts/{contact_id}",
    operation_id="changeContact",
    summary="Change a contact",
    response_model=ContactRead,
    **needs("customers:write"),
)
async def change_contact(
    *,
    customer_id: UUID,
    contact_id: UUID,
    body: ContactPatch,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Change fields by merge patch; each change goes into the history. `birthday` is replaced as a whole."""
    row = await commands.change_contact(tx, customer_id, contact_id, body, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/customers/{customer_id}/contacts/{contact_id}",
    status_code=204,
    operation_id="removeContact",
    summary="Remove a contact",
    **needs("customers:write"),
)
async def remove_contact(customer_id: UUID, contact_id: UUID, tx: WriteTx, if_match: IfMatch) -> None:
    """Remove a person from a customer, with its history."""
    await commands.remove_contact(tx, customer_id, contact_id, if_match)


@router.get(
    "/v1/customers/{customer_id}/contacts/{contact_id}/history",
    operation_id="listContactHistory",
    summary="List what changed of a contact",
    response_model=Page[ChangeRead],
    **needs("customers:read"),
)
async def list_history(
    customer_id: UUID,
    contact_id: UUID,
    query: Annotated[HistoryQuery, Query()],
    db: ReadDb,
    sealer: Sealing,
) -> Any:
    """Every changed field, newest first: who, when, old and new value, and the version it made."""
    return await queries.history(db, customer_id, contact_id, query, sealer)


@router.post(
    "/v1/customers/{customer_id}/contacts/{contact_id}/history/{change_id}/restore",
    operation_id="restoreContactField",
    summary="Restore a field of a contact",
    response_model=ContactRead,
    **needs("customers:write"),
)
async def restore_field(
    *,
    customer_id: UUID,
    contact_id: UUID,
    change_id: UUID,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Put the field of a change back to its old value, which is a change itself.

    409 `value_not_allowed` if today's rules refuse that value; `errors` say why.
    """
    row = await commands.restore_field(tx, customer_id, contact_id, change_id, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row
