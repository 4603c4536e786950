"""The door to custom fields."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from customer_svc.custom_fields import commands, queries
from customer_svc.custom_fields.schemas import (
    AttributesSchema,
    FieldCreate,
    FieldPatch,
    FieldQuery,
    FieldRead,
    SchemaQuery,
)
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["fields"])


@router.get(
    "/v1/fields",
    operation_id="listFields",
    summary="List custom fields",
    response_model=Page[FieldRead],
    **needs("fields:read"),
)
async def list_fields(query: Annotated[FieldQuery, Query()], db: ReadDb, sealer: Sealing) -> Any:
    """The fields that the company added to customers and contacts, in the order of the form.

    Sorts: `position`, `created_at`, each also with `-`.
    """
    return await queries.fields(db, query, sealer)


@router.post(
    "/v1/fields",
    status_code=201,
    operation_id="createField",
    summary="Define a custom field",
    response_model=FieldRead,
    **needs("fields:write"),
)
async def create_field(
    body: FieldCreate, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> Any:
    """Define a field. From now on `attributes.<key>` of new and changed records must fit it.

    A field that is unique or indexed is `ready` when its `operation_id` has looked through the customers
    that are there. 409 `key_taken` if the entity has a field of this key.
    """
    row = await commands.create_field(tx, body, by=caller.id, service_number=request.state.service_number)
    response.headers["Location"] = f"/v1/fields/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/fields/schema",
    operation_id="getAttributesSchema",
    summary="Read the shape of attributes",
    response_model=AttributesSchema,
    **needs("fields:read"),
)
async def get_schema(query: Annotated[SchemaQuery, Query()], db: ReadDb) -> Any:
    """The JSON Schema of an entity's `attributes` as it is now, from which a client makes its form.

    Keys without a definition are allowed and may hold anything.
    """
    return await queries.attributes_schema(db, query.entity)


@router.get(
    "/v1/fields/{field_id}",
    operation_id="getField",
    summary="Read a custom field",
    response_model=FieldRead,
    **needs("fields:read"),
)
async def get_field(field_id: UUID, db: ReadDb, response: Response) -> Any:
    """One definition with its ETag."""
    row = await queries.field(db, field_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/fields/{field_id}",
    operation_id="changeField",
    summary="Change a custom field",
    response_model=FieldRead,
    **needs("fields:write"),
)
async def change_field(
    *,
    field_id: UUID,
    body: FieldPatch,
    tx: WriteTx,
    caller: Caller,
    if_match: IfMatch,
    request: Request,
    response: Response,
) -> Any:
    """Change a definition by merge patch; `names` and `options` are replaced as a whole.

    Records that are there stay as they are; the new rules bind whatever is written from now on. A retired
    field demands nothing and takes no new values. A field does not become unique while two customers of a
    distributor share a value: its operation fails, and `unique` is false again.
    """
    row = await commands.change_field(
        tx, field_id, body, if_match, by=caller.id, service_number=request.state.service_number
    )
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/fields/{field_id}",
    status_code=204,
    operation_id="deleteField",
    summary="Delete a custom field",
    **needs("fields:write"),
)
async def delete_field(field_id: UUID, tx: WriteTx, if_match: IfMatch) -> None:
    """Forget a definition: 409 `field_active` unless it is retired. Values stay, of no type any more."""
    await commands.delete_field(tx, field_id, if_match)
