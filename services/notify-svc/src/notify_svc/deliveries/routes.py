"""Door for HTTP: the log of what was sent, and sending again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from notify_svc.deliveries import commands, queries
from notify_svc.deliveries.domain import message_id
from notify_svc.deliveries.schemas import (
    DeliveryQuery,
    WebhookDeliveryRead,
    WebhookDeliveryWhole,
    WebhookReplay,
    WebhookReplayStarted,
    shown,
    tried,
)
from notify_svc.webhooks.domain import PERMISSION, chosen
from shared.auth import Principal
from shared.db import Reader
from shared.http import Caller, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.sealing import Sealer

router = Router(tags=["webhooks"])


async def _whole(
    db: Reader, response: Response, delivery_id: UUID, caller: Principal, sealer: Sealer
) -> dict[str, Any]:
    row = await queries.delivery(db, delivery_id, caller=caller)
    attempts = await queries.attempts(db, delivery_id)
    set_etag(response, row["version"])
    told = tried(attempts, row["owner_id"], caller, sealer)
    return {**shown(row, message_id(row["id"])), "tried": told}


@router.post(
    "/v1/webhooks/{webhook_id}/test",
    status_code=201,
    operation_id="testWebhook",
    summary="Send a test event",
    description="`webhook.test.v1` goes the way of all others, at once; its delivery says what came of it.",
    response_model=WebhookDeliveryWhole,
    **needs("webhooks:write"),
)
async def test_webhook(
    webhook_id: UUID, tx: WriteTx, caller: Caller, sealer: Sealing, response: Response
) -> dict[str, Any]:
    delivery_id = await commands.test(tx, webhook_id, caller=caller)
    response.headers["Location"] = f"/v1/webhook-deliveries/{delivery_id}"
    return await _whole(tx, response, delivery_id, caller, sealer)


@router.post(
    "/v1/webhooks/{webhook_id}/replay",
    status_code=202,
    operation_id="replayWebhook",
    summary="Send again what occurred within a time",
    description=(
        "Of the last thirty days, each under the id that it had, fifty a second at most; once a minute. "
        "Watch the operation in `Location`. What waits anyway is left to its schedule."
    ),
    response_model=WebhookReplayStarted,
    **needs("webhooks:write"),
)
async def replay_webhook(
    *,
    webhook_id: UUID,
    body: WebhookReplay,
    tx: WriteTx,
    caller: Caller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    types = None if body.event_types is None else sorted(chosen(body.event_types, PERMISSION.keys()))
    asked = {"start": body.from_, "end": body.to, "types": types, "only_failed": body.only_failed}
    operation, total = await commands.begin_replay(
        tx, webhook_id, asked, caller=caller, service_number=request.state.service_number
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation, "total": total}


@router.get(
    "/v1/webhook-deliveries",
    operation_id="listWebhookDeliveries",
    summary="List what was sent to webhooks",
    description="Newest first, of the last thirty days.",
    response_model=Page[WebhookDeliveryRead],
    **needs("webhooks:read"),
)
async def list_webhook_deliveries(
    query: Annotated[DeliveryQuery, Query()], db: ReadDb, caller: Caller, sealer: Sealing
) -> dict[str, Any]:
    page = await queries.deliveries_page(db, query, sealer, caller=caller)
    return {**page, "data": [shown(row, message_id(row["id"])) for row in page["data"]]}


@router.get(
    "/v1/webhook-deliveries/{delivery_id}",
    operation_id="getWebhookDelivery",
    summary="Read one delivery with its attempts",
    description="Its newest hundred attempts. What the receiver answered is shown to the owner alone.",
    response_model=WebhookDeliveryWhole,
    **needs("webhooks:read"),
)
async def get_webhook_delivery(
    delivery_id: UUID, db: ReadDb, caller: Caller, sealer: Sealing, response: Response
) -> dict[str, Any]:
    return await _whole(db, response, delivery_id, caller, sealer)


@router.post(
    "/v1/webhook-deliveries/{delivery_id}/redeliver",
    operation_id="redeliverWebhook",
    summary="Send it once more",
    description="In its turn, under the id that it had, with the whole schedule before it again.",
    response_model=WebhookDeliveryWhole,
    **needs("webhooks:write"),
)
async def redeliver_webhook(
    delivery_id: UUID, tx: WriteTx, caller: Caller, sealer: Sealing, response: Response
) -> dict[str, Any]:
    await commands.redeliver(tx, delivery_id, caller=caller)
    return await _whole(tx, response, delivery_id, caller, sealer)
