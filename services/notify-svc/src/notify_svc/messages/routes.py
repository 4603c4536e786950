"""The door for HTTP: what was sent to whom, by what, and what came of it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from notify_svc.messages import commands, queries
from notify_svc.messages.schemas import MessageBrief, MessageQuery, MessageRead
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["messages"])


def _answer(response: Response, row: dict[str, Any]) -> dict[str, Any]:
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/messages",
    operation_id="listMessages",
    summary="List messages 查询消息记录",
    description="The latest first: to whom, by which channel, in which state and why. No text is kept.",
    response_model=Page[MessageBrief],
    **needs("messages:read"),
)
async def list_messages(
    query: Annotated[MessageQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.messages(db, query, sealer)


@router.get(
    "/v1/messages/{message_id}",
    operation_id="getMessage",
    summary="Read a message 查看消息",
    description="With every attempt to send it.",
    response_model=MessageRead,
    **needs("messages:read"),
)
async def get_message(message_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    return _answer(response, await queries.message(db, message_id))


@router.post(
    "/v1/messages/{message_id}/retry",
    operation_id="retryMessage",
    summary="Send a failed message again 重发消息",
    description="What failed, expired or was cancelled is tried at once, under the same message id.",
    response_model=MessageBrief,
    **needs("messages:write"),
)
async def retry_message(
    message_id: UUID, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    return _answer(response, await commands.retry(tx, message_id, expected=expected))


@router.post(
    "/v1/messages/{message_id}/cancel",
    operation_id="cancelMessage",
    summary="Cancel a message 取消消息",
    description="One that waits is not sent; what leaves at this moment may still arrive.",
    response_model=MessageBrief,
    **needs("messages:write"),
)
async def cancel_message(
    message_id: UUID, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    return _answer(response, await commands.cancel(tx, message_id, expected=expected))
