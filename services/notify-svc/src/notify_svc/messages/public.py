"""The doors that customers and mail servers use: unsubscribe links, and bounces."""

from typing import Annotated, Any

from fastapi import Path, Request, Response
from fastapi.responses import HTMLResponse

from notify_svc.messages import bounces, commands, pages
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.messages.schemas import BouncesNoted
from notify_svc.preferences import commands as preferences
from shared.http import Router, Sealing, WriteTx, needs, public
from shared.problems import Problem, TooLarge

router = Router(tags=["messages"])
_Token = Annotated[str, Path(max_length=400, description="From a message.")]
_SHOWN = {
    "en": {"value": "<!doctype html><title>Unsubscribe</title>…"},
    "zh": {"value": "<!doctype html><title>退订</title>…"},
}
_PAGE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/html": {"schema": {"type": "string"}, "examples": _SHOWN}},
        "description": "A page",
    }
}
_REPORT = {
    "en": {"value": "Content-Type: multipart/report; report-type=delivery-status\r\n\r\n…"},
    "zh": {
        "value": "Subject: 退信通知\r\nContent-Type: multipart/report; report-type=delivery-status\r\n\r\n…"
    },
}


def _links(request: Request) -> UnsubscribeLinks:
    links: UnsubscribeLinks = request.state.unsubscribe_links
    return links


@router.get(
    "/v1/unsubscribe/{token}",
    operation_id="showUnsubscribe",
    summary="See what a link unsubscribes from 查看退订页面",
    description="A page with one button, in Chinese and English. Looking at it changes nothing.",
    response_class=HTMLResponse,
    response_model=None,
    **{**public(404, 410), "responses": {**public(404, 410)["responses"], **_PAGE}},
)
async def show_unsubscribe(token: _Token, request: Request) -> Response:
    try:
        return pages.asked(_links(request).read(token, now=request.state.database.now()))
    except Problem as problem:
        return pages.refused(problem)


@router.post(
    "/v1/unsubscribe/{token}",
    operation_id="unsubscribe",
    summary="Unsubscribe 退订",
    description=(
        "By the page's button or by one click in a mail program (RFC 8058). The customer gets no more of "
        "these messages by this channel; again changes nothing."
    ),
    response_class=HTMLResponse,
    response_model=None,
    **{**public(404, 410), "responses": {**public(404, 410)["responses"], **_PAGE}},
)
async def unsubscribe(token: _Token, tx: WriteTx, request: Request) -> Response:
    try:
        leaving = _links(request).read(token, now=tx.now)
    except Problem as problem:
        return pages.refused(problem)
    await preferences.unsubscribe(tx, leaving.customer_id, leaving.purpose, leaving.channel)
    return pages.done()


@router.post(
    "/v1/messages/bounces",
    operation_id="reportBounce",
    summary="Report a bounce 上报退信",
    description=(
        "The raw notification of a mail server (RFC 3464, `message/rfc822`), as it came to the bounce "
        "domain. A message whose address does not exist is `bounced`, and nothing more is sent there."
    ),
    response_model=BouncesNoted,
    openapi_extra={
        **needs("messages:write")["openapi_extra"],
        "requestBody": {
            "required": True,
            "content": {"message/rfc822": {"schema": {"type": "string"}, "examples": _REPORT}},
        },
    },
)
async def report_bounce(request: Request, tx: WriteTx, sealer: Sealing) -> dict[str, int]:
    raw = await request.body()
    if len(raw) > bounces.MOST_BYTES:
        raise TooLarge("body_too_large", en="The notification is too large.", zh="退信内容过大。")
    noted = 0
    for each in bounces.read(raw, sealer):
        noted += await commands.note_bounce(tx, each.message_id, each.status, hard=each.hard)
    return {"noted": noted}
