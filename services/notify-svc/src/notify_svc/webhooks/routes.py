"""Door for HTTP: webhooks of the company for its staff, and those of a key for that key."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from notify_svc.webhooks import commands, queries
from notify_svc.webhooks.domain import OVERLAP_HOURS
from notify_svc.webhooks.schemas import (
    SecretRotation,
    WebhookCreate,
    WebhookMade,
    WebhookPatch,
    WebhookQuery,
    WebhookRead,
    shown,
)
from shared.auth import Principal
from shared.db import Reader
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.http.guard import Trusted

router = Router(tags=["webhooks"])


async def _trusted(request: Request) -> Trusted:
    found: Trusted = request.state.webhook_trusted
    return found


TrustedHosts = Annotated[Trusted, Depends(_trusted)]


async def _answer(db: Reader, response: Response, webhook_id: UUID, caller: Principal) -> dict[str, Any]:
    row = await queries.webhook(db, webhook_id, caller=caller)
    set_etag(response, row["version"])
    return shown(row)


@router.post(
    "/v1/webhooks",
    status_code=201,
    operation_id="createWebhook",
    summary="Have events sent to an address",
    description=(
        "Signed as Standard Webhooks has it, with the `secret` that only this answer shows. With a partner's "
        "key: events of its distributor and those below, of the kinds that the key may read."
    ),
    response_model=WebhookMade,
    **needs("webhooks:write"),
)
async def create_webhook(
    *,
    body: WebhookCreate,
    tx: WriteTx,
    caller: Caller,
    sealer: Sealing,
    trusted: TrustedHosts,
    response: Response,
) -> dict[str, Any]:
    webhook_id, secret = await commands.create(
        tx, body.model_dump(), caller=caller, sealer=sealer, trusted=trusted
    )
    response.headers["Location"] = f"/v1/webhooks/{webhook_id}"
    return {**await _answer(tx, response, webhook_id, caller), "secret": secret}


@router.get(
    "/v1/webhooks",
    operation_id="listWebhooks",
    summary="List webhooks",
    description="Newest first. Staff see all, a key those that it made.",
    response_model=Page[WebhookRead],
    **needs("webhooks:read"),
)
async def list_webhooks(
    query: Annotated[WebhookQuery, Query()], db: ReadDb, caller: Caller, sealer: Sealing
) -> dict[str, Any]:
    page = await queries.webhooks_page(db, query, sealer, caller=caller)
    return {**page, "data": [shown(row) for row in page["data"]]}


@router.get(
    "/v1/webhooks/{webhook_id}",
    operation_id="getWebhook",
    summary="Read one webhook",
    description="With how sending there goes. Its ETag can be sent as `If-Match` with a change.",
    response_model=WebhookRead,
    **needs("webhooks:read"),
)
async def get_webhook(webhook_id: UUID, db: ReadDb, caller: Caller, response: Response) -> dict[str, Any]:
    return await _answer(db, response, webhook_id, caller)


@router.patch(
    "/v1/webhooks/{webhook_id}",
    operation_id="changeWebhook",
    summary="Change a webhook",
    description="A merge patch. What waits goes to the new address, too.",
    response_model=WebhookRead,
    **needs("webhooks:write"),
)
async def change_webhook(
    *,
    webhook_id: UUID,
    body: WebhookPatch,
    tx: WriteTx,
    caller: Caller,
    trusted: TrustedHosts,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    await commands.change(tx, webhook_id, body.changes(), caller=caller, trusted=trusted, expected=expected)
    return await _answer(tx, response, webhook_id, caller)


@router.delete(
    "/v1/webhooks/{webhook_id}",
    status_code=204,
    operation_id="deleteWebhook",
    summary="Delete a webhook",
    description="Nothing is sent there any more; its secret and its log are gone.",
    **needs("webhooks:write"),
)
async def delete_webhook(
    webhook_id: UUID, tx: WriteTx, caller: Caller, sealer: Sealing, expected: IfMatch
) -> None:
    await commands.remove(tx, webhook_id, caller=caller, sealer=sealer, expected=expected)


@router.post(
    "/v1/webhooks/{webhook_id}/rotate-secret",
    operation_id="rotateWebhookSecret",
    summary="Give a webhook a new secret",
    description=(
        "Everything carries two signatures for `overlap_hours` (24), one by each secret. The new one is "
        "shown only here."
    ),
    response_model=WebhookMade,
    **needs("webhooks:write"),
)
async def rotate_webhook_secret(
    *,
    webhook_id: UUID,
    tx: WriteTx,
    caller: Caller,
    sealer: Sealing,
    expected: IfMatch,
    response: Response,
    body: SecretRotation | None = None,
) -> dict[str, Any]:
    overlap = timedelta(hours=OVERLAP_HOURS if body is None else body.overlap_hours)
    secret = await commands.rotate(
        tx, webhook_id, overlap=overlap, caller=caller, sealer=sealer, expected=expected
    )
    return {**await _answer(tx, response, webhook_id, caller), "secret": secret}


@router.post(
    "/v1/webhooks/{webhook_id}/retire-secret",
    operation_id="retireWebhookSecret",
    summary="End the old secret now",
    description="From now on there is one signature again. Without an old secret nothing changes.",
    response_model=WebhookRead,
    **needs("webhooks:write"),
)
async def retire_webhook_secret(
    webhook_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    await commands.retire_secret(tx, webhook_id, caller=caller, expected=expected)
    return await _answer(tx, response, webhook_id, caller)


@router.post(
    "/v1/webhooks/{webhook_id}/enable",
    operation_id="enableWebhook",
    summary="Send again",
    description="What waited is sent. What came while it was disabled can be replayed.",
    response_model=WebhookRead,
    **needs("webhooks:write"),
)
async def enable_webhook(
    webhook_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    await commands.enable(tx, webhook_id, caller=caller, expected=expected)
    return await _answer(tx, response, webhook_id, caller)


@router.post(
    "/v1/webhooks/{webhook_id}/disable",
    operation_id="disableWebhook",
    summary="Send nothing for now",
    description="What comes meanwhile is kept for thirty days, to be replayed.",
    response_model=WebhookRead,
    **needs("webhooks:write"),
)
async def disable_webhook(
    webhook_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    await commands.disable(tx, webhook_id, caller=caller, expected=expected)
    return await _answer(tx, response, webhook_id, caller)
