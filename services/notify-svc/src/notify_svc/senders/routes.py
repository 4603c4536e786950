"""The door for HTTP: senders."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from notify_svc.senders import commands, queries
from notify_svc.senders.schemas import SenderCreate, SenderPatch, SenderQuery, SenderRead
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.sealing import Sealer

router = Router(tags=["senders"])


def _answer(response: Response, row: dict[str, Any], sealer: Sealer) -> dict[str, Any]:
    set_etag(response, row["version"])
    return queries.shown(row, queries.secret_names(row, sealer))


@router.get(
    "/v1/senders",
    operation_id="listSenders",
    summary="List senders 查询发送渠道",
    description="By name. Secrets are never shown, only which there are.",
    response_model=Page[SenderRead],
    **needs("senders:read"),
)
async def list_senders(query: Annotated[SenderQuery, Query()], db: ReadDb, sealer: Sealing) -> dict[str, Any]:
    return await queries.senders(db, query, sealer)


@router.post(
    "/v1/senders",
    status_code=201,
    operation_id="createSender",
    summary="Add a sender 新建发送渠道",
    description=(
        "A mail server; a robot of a group or an app in WeCom 企业微信, DingTalk 钉钉, Feishu 飞书; SMS by "
        "Aliyun 阿里云 or Tencent Cloud 腾讯云; another system by webhook. Robots take 20 messages a "
        "minute; what is over is put together into one."
    ),
    response_model=SenderRead,
    **needs("senders:write"),
)
async def create_sender(
    body: SenderCreate, tx: WriteTx, sealer: Sealing, request: Request, response: Response
) -> dict[str, Any]:
    row = await commands.create(tx, body, sealer=sealer, trusted=request.state.sender_trusted)
    response.headers["Location"] = f"/v1/senders/{row['id']}"
    return _answer(response, row, sealer)


@router.get(
    "/v1/senders/{sender_id}",
    operation_id="getSender",
    summary="Read a sender 查看发送渠道",
    description="Its ETag is its version.",
    response_model=SenderRead,
    **needs("senders:read"),
)
async def get_sender(sender_id: UUID, db: ReadDb, sealer: Sealing, response: Response) -> dict[str, Any]:
    return _answer(response, await queries.sender(db, sender_id), sealer)


@router.patch(
    "/v1/senders/{sender_id}",
    operation_id="changeSender",
    summary="Change a sender 修改发送渠道",
    description="A merge patch; it is tried again at once, however it stood.",
    response_model=SenderRead,
    **needs("senders:write"),
)
async def change_sender(
    *,
    sender_id: UUID,
    body: SenderPatch,
    tx: WriteTx,
    sealer: Sealing,
    request: Request,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change(
        tx, sender_id, body, sealer=sealer, trusted=request.state.sender_trusted, expected=expected
    )
    return _answer(response, row, sealer)


@router.delete(
    "/v1/senders/{sender_id}",
    status_code=204,
    operation_id="removeSender",
    summary="Remove a sender 删除发送渠道",
    description="Messages that wait for it go by the channel's default sender.",
    **needs("senders:write"),
)
async def remove_sender(sender_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await commands.remove(tx, sender_id, expected=expected)
