"""The door for HTTP: logging, reading and editing interactions."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from interaction_svc.batches import Batch
from interaction_svc.customers import clients
from interaction_svc.interactions import commands, queries
from interaction_svc.interactions.batches import check_interactions
from interaction_svc.interactions.schemas import (
    InteractionBatch,
    InteractionCreate,
    InteractionEdits,
    InteractionPatch,
    InteractionQuery,
    InteractionRead,
)
from shared.http import (
    NO_SUCH_RECORD,
    BatchResults,
    Caller,
    Db,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)

router = Router(tags=["interactions"])


@dataclass(frozen=True, slots=True)
class _Asked:
    body: InteractionCreate
    distributor_id: UUID | None


async def _asked(body: InteractionCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(*await clients.settled(request, caller, body))


async def _batch(
    body: InteractionBatch, caller: Caller, request: Request, db: Db
) -> Batch[InteractionCreate]:
    return await check_interactions(request, caller, body.items, now=db.now())


@router.post(
    "/v1/interactions",
    status_code=201,
    operation_id="createInteraction",
    summary="Log an interaction 记录沟通",
    description=(
        "A call, mail, meeting, chat or message that took place with a customer. `attachments` are files of "
        "the customer that were sent before (`POST /v1/attachments`), or https links. The customer is named "
        "by its id, or by an identity: 422 `customer_unknown` if it is nobody's, 422 `customer_ambiguous` if "
        "several distributors use it. What lies more than 24 hours ahead is refused: that is a plan. "
        "Everybody who sees the customer sees it."
    ),
    response_model=InteractionRead,
    responses=NO_SUCH_RECORD,
    **needs("interactions:write"),
)
async def create_interaction(
    asked: Annotated[_Asked, Depends(_asked)], tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.log_interaction(tx, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    response.headers["Location"] = f"/v1/interactions/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/interactions/batch",
    status_code=207,
    operation_id="createInteractions",
    summary="Log many interactions 批量记录沟通",
    description=(
        "Up to 1,000 interactions; each is checked alone and answered in `results`, the right ones go in "
        "together. 503: a customer could not be looked up and nothing went in; send the batch again."
    ),
    response_model=BatchResults,
    **needs("interactions:write"),
)
async def create_interactions(
    batch: Annotated[Batch[InteractionCreate], Depends(_batch)], tx: WriteTx, caller: Caller, request: Request
) -> dict[str, Any]:
    ids = await commands.log_interactions(tx, batch.items, distributors=batch.distributors, by=caller.id)
    return batch.results(ids, request)


@router.get(
    "/v1/interactions",
    operation_id="listInteractions",
    summary="List interactions 查询沟通记录",
    description="Newest first. Filter by customer, channel, direction, author and time.",
    response_model=Page[InteractionRead],
    **needs("interactions:read"),
)
async def list_interactions(
    query: Annotated[InteractionQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.interactions(db, query, sealer)


@router.get(
    "/v1/interactions/{interaction_id}",
    operation_id="getInteraction",
    summary="Read one interaction 查看沟通记录",
    description="The interaction as it stands now; its ETag is its version.",
    response_model=InteractionRead,
    **needs("interactions:read"),
)
async def get_interaction(interaction_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.interaction(db, interaction_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/interactions/{interaction_id}",
    operation_id="editInteraction",
    summary="Edit an interaction 修改沟通记录",
    description=(
        "A merge patch (RFC 7396): what is not sent stays, null clears the agreement. What stood there "
        "before is kept in the history. `If-Match` is optional."
    ),
    response_model=InteractionRead,
    **needs("interactions:write"),
)
async def edit_interaction(
    *,
    interaction_id: UUID,
    body: InteractionPatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.edit_interaction(tx, interaction_id, body, expected=expected, by=caller.id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/interactions/{interaction_id}/history",
    operation_id="listInteractionEdits",
    summary="Read the edits of an interaction 查看修改历史",
    description="Who changed what and when, with the old and the new value, newest first.",
    response_model=InteractionEdits,
    **needs("interactions:read"),
)
async def list_interaction_edits(interaction_id: UUID, db: ReadDb) -> dict[str, Any]:
    return {"data": await queries.edits(db, interaction_id)}
