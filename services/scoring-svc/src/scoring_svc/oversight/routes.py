"""The doors to records of automatic decisions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from scoring_svc.decisions import queries
from scoring_svc.oversight import commands
from scoring_svc.oversight.schemas import (
    DecisionDetail,
    DecisionQuery,
    DecisionRead,
    Recomputation,
    ReviewInput,
)
from scoring_svc.warnings.rendering import reason
from shared.db import Record
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.http.errors import chinese
from shared.problems import not_found

router = Router(tags=["decisions"])


@router.get(
    "/v1/decisions",
    operation_id="listDecisions",
    summary="List automatic decisions 自动决定",
    response_model=Page[DecisionRead],
    **needs("scores:read"),
)
async def list_decisions(
    db: ReadDb, sealer: Sealing, query: Annotated[DecisionQuery, Query()], request: Request
) -> dict[str, Any]:
    """Changes of tier and warnings that no person decided, of customers in sight."""
    page = await queries.DECISIONS.page(db, query, sealer, where=queries.seen(db))
    zh = chinese(request.headers.get("accept-language"))
    return {**page, "data": [_shown(row, zh=zh) for row in page["data"]]}


@router.get(
    "/v1/decisions/{decision_id}",
    operation_id="getDecision",
    summary="Read an automatic decision",
    response_model=DecisionDetail,
    **needs("scores:read"),
)
async def get_decision(decision_id: UUID, db: ReadDb, request: Request, response: Response) -> dict[str, Any]:
    """What was decided, when, by which policy and model, and from which figures."""
    return _answer(await queries.one(db, decision_id), request, response)


@router.get(
    "/v1/decisions/{decision_id}/recomputation",
    operation_id="recomputeDecision",
    summary="Decide again from what was stored",
    response_model=Recomputation,
    responses={409: {"description": ""}},
    **needs("scores:read"),
)
async def recompute_decision(decision_id: UUID, db: ReadDb, request: Request) -> dict[str, Any]:
    """By the recorded model and policy, and today's code; changes nothing.

    409 `decision_unrepeatable` when the model or the policy of then cannot be read any more.
    """
    return await commands.recompute(db, request.state.shelf, decision_id)


@router.post(
    "/v1/decisions/{decision_id}/review",
    operation_id="reviewDecision",
    summary="Uphold or overturn an automatic decision 人工复核",
    response_model=DecisionDetail,
    **needs("customers:write"),
)
async def review_decision(
    decision_id: UUID,
    body: ReviewInput,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """Overturned, a warning is closed as a false alarm, and for a tier a pin is asked for (`follow_up`).

    409 `decision_reviewed` when somebody was here before.
    """
    row = await commands.review(
        tx, decision_id, verdict=body.verdict, note=body.note, by=caller.id, expected=expected
    )
    return _answer(row, request, response)


def _answer(row: Record | None, request: Request, response: Response) -> dict[str, Any]:
    if row is None:
        raise not_found("decision", "决定")
    set_etag(response, row["version"])
    return _shown(row, zh=chinese(request.headers.get("accept-language")))


def _shown(row: Record | dict[str, Any], *, zh: bool) -> dict[str, Any]:
    return {**dict(row), "reasons": [reason(each, zh=zh) for each in row["reasons"]]}
