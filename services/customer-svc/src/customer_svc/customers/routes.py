"""The door to the customer archive."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from customer_svc.batch import results
from customer_svc.changes import ChangeRead, HistoryQuery
from customer_svc.customers import commands, queries
from customer_svc.customers.schemas import (
    CustomerAssign,
    CustomerBatch,
    CustomerPatch,
    CustomerQuery,
    CustomerRead,
)
from shared.http import (
    BatchResults,
    Caller,
    IfMatch,
    Page,
    ReadDb,
    RequiredIfMatch,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)
from shared.http.batches import readable

router = Router(tags=["customers"])
_BY_FIELDS: dict[str, Any] = {
    "name": "attributes",
    "in": "query",
    "required": False,
    "style": "deepObject",
    "explode": True,
    "description": (
        "By indexed custom fields: `attributes[key]=…`, `attributes[key][gte]=…`, `attributes[key][lt]=…` · "
        "按已建立索引的自定义字段筛选"
    ),
    "schema": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 500}},
}


def asking_by_fields(options: dict[str, Any]) -> dict[str, Any]:
    """Route options that tell of filters whose names the company makes up."""
    return {**options, "openapi_extra": {**options["openapi_extra"], "parameters": [_BY_FIELDS]}}


@router.get(
    "/v1/customers",
    operation_id="listCustomers",
    summary="List and search customers",
    response_model=Page[CustomerRead],
    **asking_by_fields(needs("customers:read")),
)
async def list_customers(query: Annotated[CustomerQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """Customers in sight, newest first; archived ones only with `status=archived` or `status=all`.

    `q` finds names: Chinese from one character up, Latin words from three letters up (fewer letters match
    the beginning of the name); several words must all be there. Sorts: `created_at`, `updated_at`, `name`,
    each also with `-`.

    By custom fields that are indexed: `attributes[key]=…`, for numbers and dates also `attributes[key][gte]`
    and `[lt]`, all of which must hold; `sort=attributes.key` lists those customers that have a value, by it
    (texts bytewise). 400 `field_not_indexed`, or `field_not_ready` while the index is made.
    `count=exact` adds the total, which costs time on large archives.
    """
    return await queries.customers(db, query, sealer)


@router.post(
    "/v1/customers/batch",
    status_code=207,
    operation_id="createCustomers",
    summary="Register up to 1000 customers",
    response_model=BatchResults,
    **needs("customers:write"),
)
async def create_customers(body: CustomerBatch, tx: WriteTx, caller: Caller, request: Request) -> Any:
    """Each item is judged by itself, the good ones are stored together.

    201 registered, 200 there already with the same content, 409 `code_taken` there with other content, 422
    refused.
    """
    outcomes = await commands.register_many(tx, readable(body.items), by=caller.id)
    return results(request, body.items, outcomes)


@router.get(
    "/v1/customers/{customer_id}",
    operation_id="getCustomer",
    summary="Read a customer",
    response_model=CustomerRead,
    **needs("customers:read"),
)
async def get_customer(
    customer_id: UUID,
    db: ReadDb,
    response: Response,
    archived: Annotated[bool, Query(description="Read it even if it is archived")] = False,
) -> Any:
    """One customer with its ETag. An archived one is 404 unless `archived=true`."""
    row = await queries.customer(db, customer_id, archived=archived)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/customers/{customer_id}",
    operation_id="changeCustomer",
    summary="Change a customer",
    response_model=CustomerRead,
    **needs("customers:write"),
)
async def change_customer(
    *,
    customer_id: UUID,
    body: CustomerPatch,
    tx: WriteTx,
    caller: Caller,
    if_match: RequiredIfMatch,
    response: Response,
) -> Any:
    """Change fields by merge patch; each change goes into the history. `If-Match` is required.

    `tags`, `preferences`, `attributes` and `birthday` are replaced as a whole.
    """
    row = await commands.change_customer(tx, customer_id, body, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/customers/{customer_id}",
    status_code=204,
    operation_id="archiveCustomer",
    summary="Archive a customer",
    **needs("customers:write"),
)
async def archive_customer(customer_id: UUID, tx: WriteTx, caller: Caller, if_match: RequiredIfMatch) -> None:
    """Take a customer out of lists and reads: 404 from now on, until it is restored.

    Nothing is destroyed: orders, identities and history stay, and other services keep what refers to it.
    `If-Match` is required.
    """
    await commands.archive_customer(tx, customer_id, if_match, by=caller.id)


@router.post(
    "/v1/customers/{customer_id}/restore",
    operation_id="restoreCustomer",
    summary="Restore an archived customer",
    response_model=CustomerRead,
    **needs("customers:write"),
)
async def restore_customer(customer_id: UUID, tx: WriteTx, caller: Caller, response: Response) -> Any:
    """Bring an archived customer back. An active one is answered as it is."""
    row = await commands.restore_customer(tx, customer_id, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/customers/{customer_id}/assign",
    operation_id="assignCustomer",
    summary="Assign a customer to an owner",
    response_model=CustomerRead,
    **needs("customers:assign"),
)
async def assign_customer(
    *,
    customer_id: UUID,
    body: CustomerAssign,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Say who looks after the customer; `owner_id: null` takes it from everybody. The history keeps both."""
    row = await commands.assign_customer(tx, customer_id, body, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/customers/{customer_id}/history",
    operation_id="listCustomerHistory",
    summary="List what changed of a customer",
    response_model=Page[ChangeRead],
    **needs("customers:read"),
)
async def list_history(
    customer_id: UUID, query: Annotated[HistoryQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """Every changed field, newest first: who, when, old and new value, and the version it made."""
    return await queries.history(db, customer_id, query, sealer)


@router.post(
    "/v1/customers/{customer_id}/history/{change_id}/restore",
    operation_id="restoreCustomerField",
    summary="Restore a field of a customer",
    response_model=CustomerRead,
    **needs("customers:write"),
)
async def restore_field(
    *,
    customer_id: UUID,
    change_id: UUID,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> Any:
    """Put the field of a change back to its old value, which is a change itself.

    409 `value_not_allowed` if today's rules refuse that value; `errors` say why. 409 `field_not_restorable`
    for owner, org unit and status, which are changed by assigning, archiving and restoring the customer.
    """
    row = await commands.restore_field(tx, customer_id, change_id, if_match, by=caller.id)
    set_etag(response, row["version"])
    return row
