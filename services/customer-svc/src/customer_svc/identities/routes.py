"""The door to identities: customers as the channels know them."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Query, Response

from customer_svc.customers.schemas import CustomerCreate, CustomerRead
from customer_svc.fields import ExternalId
from customer_svc.identities import commands, queries
from customer_svc.identities.schemas import (
    IdentityAt,
    IdentityCreate,
    IdentityQuery,
    IdentityRead,
    IdentityRef,
)
from shared.http import Caller, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.http.types import Code
from shared.references import MERGED_FROM

router = Router(tags=["identities"])
_MERGED_FROM: dict[str, Any] = {
    MERGED_FROM: {
        "description": "Whom the channel means, if that customer was merged into this one · 已并入的原客户",
        "schema": {"type": "string", "format": "uuid"},
    }
}
_Channel = Annotated[Code, Path(examples=["wechat"])]
_External = Annotated[ExternalId, Path(examples=["oX9f-7Qw2"])]


@router.get(
    "/v1/customers/by-identity/{channel}/{external_id}",
    operation_id="getCustomerByIdentity",
    summary="Read a customer by an identity",
    response_model=CustomerRead,
    responses={200: {"headers": _MERGED_FROM}, 409: {"description": ""}},
    **needs("customers:read"),
)
async def get_by_identity(
    channel: _Channel,
    external_id: _External,
    query: Annotated[IdentityAt, Query()],
    db: ReadDb,
    response: Response,
) -> Any:
    """The customer that a channel knows by this id.

    Each distributor may use an id for a customer of its own: 409 `customer_ambiguous` if several that you
    see do, until you say which with `distributor_id`.
    """
    among = None if query.distributor_id is None else {query.distributor_id}
    ref = IdentityRef(channel=channel, external_id=external_id)
    row, origin = await queries.customer_by_identity(db, ref, among)
    set_etag(response, row["version"])
    if origin is not None:
        response.headers[MERGED_FROM] = str(origin)
    return row


@router.put(
    "/v1/customers/by-identity/{channel}/{external_id}",
    operation_id="upsertCustomerByIdentity",
    summary="Create or update a customer by an identity",
    response_model=CustomerRead,
    responses={201: {"model": CustomerRead, "description": "The customer is new"}},
    **needs("customers:write"),
)
async def upsert_by_identity(
    *,
    channel: _Channel,
    external_id: _External,
    body: CustomerCreate,
    tx: WriteTx,
    caller: Caller,
    response: Response,
) -> Any:
    """Make sure that the channel's customer is there with these fields: 201 if it is new, else 200.

    Fields that are not sent stay as they are; an archived customer comes back. Any number of concurrent
    calls make one customer. An id is a distributor's own: with `distributor_id` the customer is looked for
    at that distributor, else among all that you see, 409 `customer_ambiguous` if several have it. 409
    `identity_taken` if it is that of a colleague's customer.
    """
    ref = IdentityRef(channel=channel, external_id=external_id)
    row, new = await commands.upsert_customer(tx, ref, body, by=caller.id)
    response.status_code = 201 if new else 200
    response.headers["Location"] = f"/v1/customers/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/customers/{customer_id}/identities",
    operation_id="listIdentities",
    summary="List a customer's identities",
    response_model=Page[IdentityRead],
    **needs("customers:read"),
)
async def list_identities(
    customer_id: UUID, query: Annotated[IdentityQuery, Query()], db: ReadDb, sealer: Sealing
) -> Any:
    """Under which names the channels know this customer, oldest first."""
    return await queries.identities(db, customer_id, query, sealer)


@router.post(
    "/v1/customers/{customer_id}/identities",
    status_code=201,
    operation_id="addIdentity",
    summary="Add an identity",
    response_model=IdentityRead,
    **needs("customers:write"),
)
async def add_identity(customer_id: UUID, body: IdentityCreate, tx: WriteTx, response: Response) -> Any:
    """Tell under which id one more channel knows the customer.

    409 `identity_taken` if it is already one of a customer of the same distributor. 422 `identity_invalid`
    for a phone, e-mail or tax number that is none, `strength_wrong` for a strength that its kind cannot have.
    """
    row = await commands.add_identity(tx, customer_id, body)
    known_as = quote(row["external_id"], safe="")
    response.headers["Location"] = f"/v1/customers/by-identity/{row['channel']}/{known_as}"
    return row


@router.post(
    "/v1/customers/{customer_id}/identities/{identity_id}/verify",
    operation_id="verifyIdentity",
    summary="Verify an identity",
    response_model=IdentityRead,
    **needs("customers:write"),
)
async def verify_identity(customer_id: UUID, identity_id: UUID, tx: WriteTx) -> Any:
    """Say that the identity was proven to be the customer's: a phone or an e-mail is strong from now on."""
    return await commands.verify_identity(tx, customer_id, identity_id, verified=True)


@router.post(
    "/v1/customers/{customer_id}/identities/{identity_id}/unverify",
    operation_id="unverifyIdentity",
    summary="Take back that an identity is verified",
    response_model=IdentityRead,
    **needs("customers:write"),
)
async def unverify_identity(customer_id: UUID, identity_id: UUID, tx: WriteTx) -> Any:
    """Say that nobody knows any more whether it is the customer's: a phone or an e-mail is weak again."""
    return await commands.verify_identity(tx, customer_id, identity_id, verified=False)


@router.delete(
    "/v1/customers/{customer_id}/identities/{identity_id}",
    status_code=204,
    operation_id="removeIdentity",
    summary="Remove an identity",
    **needs("customers:write"),
)
async def remove_identity(customer_id: UUID, identity_id: UUID, tx: WriteTx) -> None:
    """Let the channel know the customer by this identity no longer; another customer may have it then."""
    await commands.remove_identity(tx, customer_id, identity_id)
