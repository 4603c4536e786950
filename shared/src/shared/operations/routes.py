"""The door to long work: read it, watch it, cancel it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from shared.auth import Principal
from shared.db import Database, Record
from shared.http import Caller, Db, ReadDb, Router, WriteTx, needs, set_etag, streams
from shared.http.errors import chinese
from shared.operations import commands, queries
from shared.operations.domain import FINAL
from shared.operations.schemas import OperationRead, operation_read
from shared.problems import Problem, not_found

_LOOK_SECONDS = 0.5
_SEES_ALL = "operations:all"

Id = Annotated[UUID, Path(alias="id", description="Its last hex digit names the service that owns it.")]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", pattern=r"^\d{1,9}$", examples=["7"])]


@dataclass(frozen=True, slots=True)
class _Watch:
    database: Database
    caller: Principal
    operation: UUID
    zh: bool

    async def look(self) -> Record:
        async with self.database.read() as reader:
            row = await queries.visible(
                reader, self.operation, caller=self.caller.id, sees_all=self.caller.may(_SEES_ALL)
            )
        if row is None:
            raise not_found("operation", "操作")
        return row


async def _watch(operation: Id, db: Db, caller: Caller, request: Request) -> _Watch:
    watch = _Watch(db, caller, operation, chinese(request.headers.get("accept-language")))
    await watch.look()
    return watch


def operations_router() -> Router:
    """The operations of one service; only its creator and an administrator see one."""
    router = Router(tags=["operations"])
    router.get(
        "/v1/operations/{id}",
        operation_id="getOperation",
        summary="Read how far an operation is",
        **needs("operations:read"),
    )(get_operation)
    router.get(
        "/v1/operations/{id}/events",
        operation_id="watchOperation",
        summary="Watch an operation until it ends (server-sent events)",
        response_class=EventSourceResponse,
        responses=streams("progress", OperationRead),
        **needs("operations:read"),
    )(watch_operation)
    router.post(
        "/v1/operations/{id}/cancel",
        status_code=202,
        operation_id="cancelOperation",
        summary="Ask an operation to stop",
        **needs("operations:write"),
    )(cancel_operation)
    return router


async def get_operation(
    operation: Id, db: ReadDb, caller: Caller, request: Request, response: Response
) -> OperationRead:
    """How much of it is done, and what came of it; only its maker and administrators see it."""
    row = await queries.visible(db, operation, caller=caller.id, sees_all=caller.may(_SEES_ALL))
    if row is None:
        raise not_found("operation", "操作")
    set_etag(response, row["version"])
    return operation_read(row, zh=chinese(request.headers.get("accept-language")))


async def watch_operation(
    watch: Annotated[_Watch, Depends(_watch)], last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """Event `progress` with the operation whenever it changed; the last one has a final status.

    An event's id is the operation's version: sent as `Last-Event-ID` it leaves out what was seen, but a
    final status is always told. A stream that breaks off is resumed by connecting again; a key's stream
    lasts three seconds at most, so that a revoked key sees nothing more.
    """
    seen = int(last_event_id or 0)
    while True:
        try:
            row = await watch.look()
        except Problem:
            return
        final = row["status"] in FINAL
        if row["version"] > seen or final:
            seen = row["version"]
            document = operation_read(row, zh=watch.zh)
            yield ServerSentEvent(event="progress", id=str(seen), data=document)
        if final:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def cancel_operation(
    operation: Id, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> OperationRead:
    """What waits is cancelled at once; what runs stops soon; what has ended stays as it is."""
    row = await commands.cancel(tx, operation, caller=caller.id, sees_all=caller.may(_SEES_ALL))
    set_etag(response, row["version"])
    response.headers["Location"] = request.url.path.removesuffix("/cancel")
    return operation_read(row, zh=chinese(request.headers.get("accept-language")))
