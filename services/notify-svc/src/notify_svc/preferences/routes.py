"""The door for HTTP: what customers want of us, and the company's policy."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from notify_svc.preferences import commands, queries
from notify_svc.preferences.schemas import (
    ConsentQuery,
    ConsentRead,
    ContactPolicyRead,
    ContactPolicySet,
    PreferencePatch,
    PreferenceRead,
    PreferenceSet,
)
from shared.auth.tokens import HEADER
from shared.http import (
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
from shared.references import References

router = Router(tags=["preferences"])


async def _known(customer_id: UUID, caller: Caller, request: Request) -> UUID:
    """The customer, in the caller's sight; a merged one is who it is now."""
    references: References = request.state.references
    return (await references.require(customer_id, scope=caller.scope, token=request.headers[HEADER])).id


Customer = Annotated[UUID, Depends(_known)]


def _answer(response: Response, customer: UUID, row: dict[str, Any] | None) -> dict[str, Any]:
    found = row or {"version": 0, "updated_at": None, "consents": [], "do_not_contact": [], "caps": []}
    set_etag(response, found["version"])
    return {
        "quiet_hours": None,
        "timezone": None,
        "language": None,
        **found,
        "customer_id": customer,
    }


@router.get(
    "/v1/preferences/{customer_id}",
    operation_id="getPreferences",
    summary="Read what a customer wants 查看客户联系偏好",
    description="Consents, do-not-contact, quiet hours, how often. Nothing recorded yet is version 0.",
    response_model=PreferenceRead,
    **needs("preferences:read"),
)
async def get_preferences(customer: Customer, db: ReadDb, response: Response) -> dict[str, Any]:
    return _answer(response, customer, await queries.own(db, customer))


@router.put(
    "/v1/preferences/{customer_id}",
    operation_id="setPreferences",
    summary="Record what a customer wants 设置客户联系偏好",
    description="As a whole. Consents that are given or withdrawn by it go into the history.",
    response_model=PreferenceRead,
    **needs("preferences:write"),
)
async def set_preferences(
    *,
    customer: Customer,
    body: PreferenceSet,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    changes = body.model_dump(mode="json")
    row = await commands.record(tx, customer, changes, by=caller.id, expected=expected)
    return _answer(response, customer, row)


@router.patch(
    "/v1/preferences/{customer_id}",
    operation_id="changePreferences",
    summary="Change parts of what a customer wants 修改客户联系偏好",
    description="The parts that are sent, each as a whole.",
    response_model=PreferenceRead,
    **needs("preferences:write"),
)
async def change_preferences(
    *,
    customer: Customer,
    body: PreferencePatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    changes = body.model_dump(mode="json", include=body.model_fields_set)
    row = await commands.record(tx, customer, changes, by=caller.id, expected=expected)
    return _answer(response, customer, row)


@router.get(
    "/v1/preferences/{customer_id}/consents",
    operation_id="listConsents",
    summary="List consents given and withdrawn 查询授权记录",
    description="The latest first; nothing is ever removed.",
    response_model=Page[ConsentRead],
    **needs("preferences:read"),
)
async def list_consents(
    customer: Customer, query: Annotated[ConsentQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.consents(db, customer, query, sealer)


@router.get(
    "/v1/contact-policy",
    operation_id="getContactPolicy",
    summary="Read the company's contact policy 查看联系策略",
    description="Which purposes need a consent, quiet hours, windows, caps. Its ETag is its version.",
    response_model=ContactPolicyRead,
    **needs("contact_policy:read"),
)
async def get_contact_policy(db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.policy(db)
    set_etag(response, row["version"])
    return row


@router.put(
    "/v1/contact-policy",
    operation_id="setContactPolicy",
    summary="Set the company's contact policy 设置联系策略",
    description="As a whole; `If-Match` is required. What is about to leave is judged by it at once.",
    response_model=ContactPolicyRead,
    **needs("contact_policy:write"),
)
async def set_contact_policy(
    body: ContactPolicySet, tx: WriteTx, expected: RequiredIfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.set_policy(tx, body.model_dump(mode="json"), expected=expected)
    set_etag(response, row["version"])
    return row
