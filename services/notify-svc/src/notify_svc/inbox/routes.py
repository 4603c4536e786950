"""Door for HTTP: what a person finds in the inbox, and the stream that tells of more."""

from collections.abc import AsyncIterator, Container
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from notify_svc.inbox import commands, queries
from notify_svc.inbox.domain import Position, boxes_of
from notify_svc.inbox.feed import Feed
from notify_svc.inbox.schemas import (
    InboxBatch,
    InboxItemRead,
    InboxQuery,
    ReadCount,
    UnreadCount,
    shown,
)
from notify_svc.wording.schemas import ReadingLanguage
from shared.db import Scope
from shared.http import (
    BatchResults,
    Caller,
    Db,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    streams,
    testimony,
)
from shared.http.batches import Refused, readable
from shared.http.errors import chinese, document
from shared.problems import Problem, not_found

_RETRY_MILLISECONDS = 1000

router = Router(tags=["inbox"])


async def _feed(request: Request) -> Feed:
    feed: Feed = request.state.feed
    return feed


async def _start(
    feed: Annotated[Feed, Depends(_feed)],
    caller: Caller,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID", max_length=40, description="Go on behind this event.", examples=["12-0"]
        ),
    ] = None,
) -> Position:
    if last_event_id:
        return Position.parsed(last_event_id)
    return await feed.start_of(boxes_of(caller))


@router.get(
    "/v1/inbox",
    operation_id="listInbox",
    summary="List what was brought before you",
    description=(
        "Newest first. Managers also see what nobody owns yet (`queue` is `unassigned`), and with `unit` or "
        "`recipient_id` what lies in the boxes of the people whom they lead; that is noted in the audit."
    ),
    response_model=Page[InboxItemRead],
    **needs("inbox:read"),
)
async def list_inbox(
    *,
    query: Annotated[InboxQuery, Query()],
    request: Request,
    db: Db,
    caller: Caller,
    sealer: Sealing,
    language: ReadingLanguage,
) -> dict[str, Any]:
    others = query.of_others(caller.id)
    # What lies in a box is its owner's, whoever holds the customer; who leads them sees all of it.
    async with db.read(Scope(caller.scope.distributors) if others else caller.scope) as reader:
        boxes = await queries.boxes_of_unit(reader, caller) if others else boxes_of(caller)
        page = await queries.items_page(reader, query, sealer, boxes=boxes)
    if others:
        seen = {row["recipient_id"] for row in page["data"]}
        testimony.of_people(request, seen if query.recipient_id is None else (query.recipient_id,))
    return {**page, "data": [shown(row, language) for row in page["data"]]}


@router.get(
    "/v1/inbox/unread-count",
    operation_id="countUnreadInbox",
    summary="Count your unread items",
    description="The number beside the bell; cheap enough to ask often.",
    response_model=UnreadCount,
    **needs("inbox:read"),
)
async def count_unread_inbox(db: ReadDb, caller: Caller) -> dict[str, int]:
    return {"unread": await queries.unread_count(db, boxes=boxes_of(caller))}


@router.get(
    "/v1/inbox/events",
    operation_id="streamInbox",
    summary="Be told of new items as they come",
    description=(
        "Server-sent events. Each new item is one event `item`, within a second of its being, whose id can "
        "be sent as `Last-Event-ID` to go on behind it. Without that header the stream begins now. It ends "
        "after a quarter of an hour and when the server leaves: reconnect, as EventSource does by itself."
    ),
    response_class=EventSourceResponse,
    responses=streams("item", InboxItemRead),
    **needs("inbox:read"),
)
async def stream_inbox(
    feed: Annotated[Feed, Depends(_feed)],
    position: Annotated[Position, Depends(_start)],
    caller: Caller,
    language: ReadingLanguage,
) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(comment="listening", id=str(position), retry=_RETRY_MILLISECONDS)
    async for row, reached in feed.items(boxes_of(caller), position, caller.scope):
        item = InboxItemRead.model_validate(shown(row, language))
        yield ServerSentEvent(event="item", id=str(reached), data=item)


@router.post(
    "/v1/inbox/{item_id}/read",
    operation_id="readInboxItem",
    summary="Mark an item as read",
    description="Marking it again changes nothing. Somebody else's item is not found.",
    response_model=InboxItemRead,
    **needs("inbox:write"),
)
async def read_inbox_item(
    item_id: UUID, tx: WriteTx, caller: Caller, language: ReadingLanguage
) -> dict[str, Any]:
    return shown(await commands.mark(tx, item_id, "read", boxes=boxes_of(caller)), language)


@router.post(
    "/v1/inbox/{item_id}/unread",
    operation_id="unreadInboxItem",
    summary="Mark an item as unread",
    description="It counts again, also if it was put away. Somebody else's item is not found.",
    response_model=InboxItemRead,
    **needs("inbox:write"),
)
async def unread_inbox_item(
    item_id: UUID, tx: WriteTx, caller: Caller, language: ReadingLanguage
) -> dict[str, Any]:
    return shown(await commands.mark(tx, item_id, "unread", boxes=boxes_of(caller)), language)


@router.post(
    "/v1/inbox/{item_id}/done",
    operation_id="finishInboxItem",
    summary="Put an item away",
    description=(
        "It counts as read; the reminder that it is about stays as it is. Being done with the reminder puts "
        "its items away by itself."
    ),
    response_model=InboxItemRead,
    **needs("inbox:write"),
)
async def finish_inbox_item(
    item_id: UUID, tx: WriteTx, caller: Caller, language: ReadingLanguage
) -> dict[str, Any]:
    return shown(await commands.mark(tx, item_id, "done", boxes=boxes_of(caller)), language)


@router.post(
    "/v1/inbox/batch",
    status_code=207,
    operation_id="markInboxItems",
    summary="Mark many items at once",
    description=(
        "Up to 1000 items, each `read`, `unread` or `done`. 207 says of each whether it was found; of an "
        "item that is named twice the last action counts."
    ),
    response_model=BatchResults,
    **needs("inbox:write"),
)
async def mark_inbox_items(body: InboxBatch, tx: WriteTx, caller: Caller, request: Request) -> dict[str, Any]:
    deeds = [(item.id, item.action) for item in readable(body.items)]
    found = await commands.mark_many(tx, deeds, boxes=boxes_of(caller))
    zh = chinese(request.headers.get("accept-language"))
    results: list[dict[str, Any]] = []
    for index, item in enumerate(body.items):
        problem = _wrong(item, found)
        if problem is None:
            results.append({"index": index, "status": 200, "id": str(item.id)})
        else:
            said = document(problem, zh=zh, request_id=request.state.request_id)
            results.append({"index": index, "status": problem.status, "problem": said})
    return {"results": results}


def _wrong(item: Any, found: Container[UUID]) -> Problem | None:
    if isinstance(item, Refused):
        return item.problem
    return None if item.id in found else not_found("inbox item", "收件箱消息")


@router.post(
    "/v1/inbox/read-all",
    operation_id="readWholeInbox",
    summary="Mark your own items as read",
    description="Items of the unassigned queue stay unread for whoever takes them.",
    response_model=ReadCount,
    **needs("inbox:write"),
)
async def read_whole_inbox(tx: WriteTx, caller: Caller) -> dict[str, int]:
    return {"read": await commands.mark_all_read(tx, boxes=[caller.id])}
