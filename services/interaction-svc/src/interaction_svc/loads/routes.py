"""The doors for files on their way in or out at customer-svc; no document names them, so no edge does."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from interaction_svc.batches import Batch
from interaction_svc.interactions.batches import check_interactions
from interaction_svc.interactions.queries import interactions
from interaction_svc.interactions.schemas import InteractionCreate, InteractionRead
from interaction_svc.loads import commands, queries
from interaction_svc.loads.marking import Marking
from interaction_svc.loads.queries import Asked
from interaction_svc.loads.schemas import (
    ExportQuery,
    Load,
    LoadAnswer,
    Withdrawal,
    WithdrawalAnswer,
)
from shared.http import Caller, Db, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.http.idempotency import Replayed

router = Router(include_in_schema=False)
MOST_BODY = 16 * 1024 * 1024
"""A thousand rows of a file, each of some sentences; ten times that of the API."""
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class _Load:
    asked: Asked
    batch: Batch[InteractionCreate]


def _send_again(request: Request, answer: str | None) -> None:
    """Have the door send the answer of a step that was taken before; the audit hears of no further change."""
    if answer is not None:
        request.state.visit.replay = Response(answer, media_type=_JSON)
        raise Replayed


async def _load(body: Load, caller: Caller, request: Request, db: Db) -> _Load:
    """The step, its items judged and their customers found, before the transaction opens."""
    asked = Asked(body.work_id, "preview" if body.dry_run else "load", body.step, len(body.items), caller.id)
    async with db.read(caller.scope) as reader:
        _send_again(request, await queries.answer(reader, asked))
    return _Load(asked, await check_interactions(request, caller, body.items, now=db.now()))


@router.post(
    "/internal/interactions/load",
    operation_id="loadInteractions",
    response_model=LoadAnswer,
    max_body_size=MOST_BODY,
    **needs("interactions:write"),
)
async def load_interactions(
    step: Annotated[_Load, Depends(_load)], tx: WriteTx, sealer: Sealing, request: Request
) -> Response:
    """Take in up to 1,000 interactions of a file, or foresee it; an outcome for each, in order.

    503: a customer could not be looked up, or others hold the same ones; send the step again.
    """
    _send_again(request, await commands.take(tx, step.asked))
    answer = await commands.load(tx, step.asked, step.batch, Marking(sealer))
    return Response(answer, media_type=_JSON)


@router.post(
    "/internal/interactions/withdraw",
    operation_id="withdrawInteractions",
    response_model=WithdrawalAnswer,
    **needs("interactions:write"),
)
async def withdraw_interactions(body: Withdrawal, tx: WriteTx, caller: Caller, request: Request) -> Response:
    """Delete up to 1,000 interactions that nobody changed since; an outcome for each, in order."""
    asked = Asked(body.work_id, "withdrawal", body.step, len(body.items), caller.id)
    _send_again(request, await commands.take(tx, asked))
    return Response(await commands.withdraw(tx, asked, body.items), media_type=_JSON)


@router.get(
    "/internal/interactions",
    operation_id="pageInteractions",
    response_model=Page[InteractionRead],
    **needs("interactions:read"),
)
async def page_interactions(
    query: Annotated[ExportQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    """The list with pages of up to 2,000, in an order that nothing which comes meanwhile disturbs."""
    return await interactions(db, query, sealer)
