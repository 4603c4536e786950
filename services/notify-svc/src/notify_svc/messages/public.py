"""The doors that customers and mail servers use: unsubscribe links, and bounces."""

from typing import Annotated, Any

from fastapi import Path, Request, Response
from fastapi.responses import HTMLResponse

from notify_svc.messages import bounces, commands, pages
from notify_svc.messages.leaving import UnsubscribeLinks
from notify_svc.messages.schemas import BounceReport, BouncesNoted
from notify_svc.preferences import commands as preferences
from shared.http import Router, Sealing, WriteTx, needs, public
from shared.problems import Problem

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


def _links(request: Request) -> UnsubscribeLinks:
    links: UnsubscribeLinks = request.state.unsubscribe_links
    return links


def _refused(problem: Problem, request: Request) -> Response:
    """A page for a browser, which says so itself; for programs the problem."""
    if "text/html" not in request.headers.get("accept", ""):
        raise problem
    return pages.refused(problem)


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
        return _refused(problem, request)


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
        return _refused(problem, request)
    await preferences.unsubscribe(tx, leaving.customer_id, leaving.purpose, leaving.channel)
    return pages.done()


@router.post(
    "/v1/messages/bounces",
    operation_id="reportBounce",
    summary="Report a bounce 上报退信",
    description=(
        "The notification of a mail server (RFC 3464) as it came to the bounce domain, in base64. A message "
        "whose address does not exist is `bounced`, and nothing more is sent there."
    ),
    response_model=BouncesNoted,
    **needs("messages:write"),
)
async def report_bounce(body: BounceReport, tx: WriteTx, sealer: Sealing) -> dict[str, int]:
    noted = 0
    for each in bounces.read(body.bytes, sealer):
        noted += await commands.note_bounce(tx, each.message_id, each.status, hard=each.hard)
    return {"noted": noted}
