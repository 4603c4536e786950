"""The door for HTTP: making, finding, changing and settling promises."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from interaction_svc.customers import clients
from interaction_svc.promises import commands, queries
from interaction_svc.promises.domain import Verb
from interaction_svc.promises.schemas import (
    PromiseCreate,
    PromiseHistory,
    PromiseMove,
    PromisePatch,
    PromiseQuery,
    PromiseRead,
    PromiseSettle,
)
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)

router = Router(tags=["promises"])


@dataclass(frozen=True, slots=True)
class _Asked:
    body: PromiseCreate
    distributor_id: UUID | None


async def _asked(body: PromiseCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(body, await clients.distributor_of(request, caller, body.customer_id))


@router.post(
    "/v1/promises",
    status_code=201,
    operation_id="createPromise",
    summary="Note a promise 记录承诺",
    description=(
        "What was promised to a customer, by whom and until when. A promise that is not kept or withdrawn "
        "by its deadline becomes `broken` within half a minute, and `promise.broken.v1` tells of it."
    ),
    response_model=PromiseRead,
    responses=NO_SUCH_RECORD,
    **needs("interactions:write"),
)
async def create_promise(
    asked: Annotated[_Asked, Depends(_asked)], tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.make_promise(tx, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    response.headers["Location"] = f"/v1/promises/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/promises",
    operation_id="listPromises",
    summary="List promises 查询承诺",
    description="The nearest deadline first. Filter by customer, person, status and deadline.",
    response_model=Page[PromiseRead],
    **needs("interactions:read"),
)
async def list_promises(
    query: Annotated[PromiseQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.promises(db, query, sealer)


@router.get(
    "/v1/promises/{promise_id}",
    operation_id="getPromise",
    summary="Read one promise 查看承诺",
    description="The promise as it stands now; its ETag is its version.",
    response_model=PromiseRead,
    **needs("interactions:read"),
)
async def get_promise(promise_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.promise(db, promise_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/promises/{promise_id}",
    operation_id="updatePromise",
    summary="Change an open promise 修改承诺",
    description=(
        "A merge patch (RFC 7396): other words, or another person who keeps it. Another deadline has a "
        "reason: see `/move`."
    ),
    response_model=PromiseRead,
    **needs("interactions:write"),
)
async def update_promise(
    promise_id: UUID,
    body: PromisePatch,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change_promise(tx, promise_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/promises/{promise_id}/move",
    operation_id="movePromise",
    summary="Move a promise 改期",
    description=(
        "Another deadline, with the reason, while the promise is open; `promise.moved.v1` tells of it. One "
        "that is broken stays so: keep it late, or make another one."
    ),
    response_model=PromiseRead,
    **needs("interactions:write"),
)
async def move_promise(
    promise_id: UUID,
    body: PromiseMove,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.move_promise(tx, promise_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/promises/{promise_id}/history",
    operation_id="listPromiseSteps",
    summary="Read the course of a promise 查看承诺历史",
    description="When it was made, changed, moved and why, broke, and how it ended, oldest first.",
    response_model=PromiseHistory,
    **needs("interactions:read"),
)
async def list_promise_steps(promise_id: UUID, db: ReadDb) -> dict[str, Any]:
    return {"data": await queries.steps(db, promise_id)}


async def _settled(
    verb: Verb,
    promise_id: UUID,
    body: PromiseSettle,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: int | None,
    response: Response,
) -> dict[str, Any]:
    row = await commands.settle_promise(tx, promise_id, verb, note=body.note, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/promises/{promise_id}/keep",
    operation_id="keepPromise",
    summary="Keep a promise 兑现承诺",
    description="It is done, also when its deadline has passed (`late`). 409 when it is over already.",
    response_model=PromiseRead,
    **needs("interactions:write"),
)
async def keep_promise(
    promise_id: UUID,
    body: PromiseSettle,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    return await _settled(
        "keep", promise_id, body, tx=tx, caller=caller, expected=expected, response=response
    )


@router.post(
    "/v1/promises/{promise_id}/withdraw",
    operation_id="withdrawPromise",
    summary="Withdraw a promise 撤回承诺",
    description="It need not be kept any more, as agreed with the customer. 409 when it is over already.",
    response_model=PromiseRead,
    **needs("interactions:write"),
)
async def withdraw_promise(
    promise_id: UUID,
    body: PromiseSettle,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    return await _settled(
        "withdraw", promise_id, body, tx=tx, caller=caller, expected=expected, response=response
    )
