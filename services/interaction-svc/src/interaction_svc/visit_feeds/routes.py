"""The door for HTTP: a person's own calendar, and what calendar programs fetch without signing in."""

import secrets
from typing import Annotated, Any

from fastapi import Header, Query, Request, Response

from interaction_svc.visit_feeds import commands, queries
from interaction_svc.visit_feeds.calendar import Press
from interaction_svc.visit_feeds.domain import PATH
from interaction_svc.visit_feeds.schemas import ETAG, ICS, FeedQuery, FeedRead
from shared.db import Scope
from shared.http import Caller, Db, Router, WriteTx, needs, public

router = Router(tags=["visits"])
_HEADERS = {"Cache-Control": "private, no-cache"}
_OPEN = public(404)
_OPEN["responses"] |= {
    200: {"content": {"text/calendar": ICS}, "headers": {"ETag": ETAG}, "description": "iCalendar, UTF-8"},
    304: {"description": "It still says what `If-None-Match` names · 内容未变"},
}


@router.post(
    "/v1/visits/feed",
    status_code=201,
    operation_id="createVisitFeed",
    summary="Make one's own calendar of visits 生成拜访日历订阅",
    description=(
        "An address for calendar programs, which need not sign in there: keep it secret. It shows the "
        "caller's own visits, and is told this once. Making a new one ends the one before. 403 "
        "`feed_of_staff_only`: a key has none."
    ),
    response_model=FeedRead,
    **needs("interactions:read"),
)
async def create_visit_feed(tx: WriteTx, caller: Caller, response: Response) -> dict[str, Any]:
    token = secrets.token_urlsafe(32)
    created_at = await commands.make_feed(tx, caller, token)
    url = f"{PATH}?token={token}"
    response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"
    return {"url": url, "created_at": created_at}


@router.delete(
    "/v1/visits/feed",
    status_code=204,
    operation_id="endVisitFeed",
    summary="End one's own calendar of visits 停用拜访日历订阅",
    description="Its address leads nowhere from now on; also when there was none.",
    **needs("interactions:read"),
)
async def end_visit_feed(tx: WriteTx, caller: Caller) -> None:
    await commands.end_feed(tx, caller.id)


@router.get(
    PATH,
    operation_id="getVisitCalendar",
    summary="Read a calendar of visits 拜访日历（iCalendar）",
    description=(
        "The visits of the person whose address it is, from 90 days ago to 366 days ahead, at most 2,000, "
        "times in UTC, of the content the first 1,000 characters. 404 for a token that is wrong or ended, "
        "and once the person may not see visits."
    ),
    response_class=Response,
    **_OPEN,
)
async def get_visit_calendar(
    query: Annotated[FeedQuery, Query()],
    db: Db,
    request: Request,
    if_none_match: Annotated[str | None, Header(max_length=2000)] = None,
) -> Response:
    async with db.read() as everything:  # nobody is signed in: the token says whose sight it is
        person = await queries.whose(everything, query.token)
    async with db.read(Scope(holders=frozenset({person}))) as reader:
        visits = await queries.own_visits(reader, person, now=db.now())
    headers = {**_HEADERS, "ETag": queries.tag_of(person, visits)}
    if _still(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    press: Press = request.state.press
    text = await press.written(visits)
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


def _still(if_none_match: str | None, tag: str) -> bool:
    told = (each.strip().removeprefix("W/") for each in (if_none_match or "").split(","))
    return any(each in ("*", tag) for each in told)
