"""The door to scores."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from scoring_svc.overrides import queries as overrides
from scoring_svc.policies import queries as policies
from scoring_svc.scores import queries, rendering, worth
from scoring_svc.scores.schemas import (
    HistoryQuery,
    ScoreDetail,
    ScoreHistoryRead,
    ScoreQuery,
    ScoreRead,
)
from shared.db import visible
from shared.http import Page, ReadDb, Router, Sealing, needs, set_etag
from shared.http.errors import chinese
from shared.problems import Unavailable, not_found
from shared.references import check_unmerged

router = Router(tags=["scores"])


@router.get(
    "/v1/scores/{customer_id}",
    operation_id="getScore",
    summary="Read a customer's score 客户评分",
    response_model=ScoreDetail,
    **needs("scores:read"),
)
async def get_score(customer_id: UUID, db: ReadDb, request: Request, response: Response) -> dict[str, Any]:
    """Tier 客户等级, value, churn risk with reasons, and stage, as of `scored_at`."""
    row = await queries.one(db, customer_id)
    if row is None:
        await check_unmerged(db, customer_id)
        if not await queries.is_known(db, customer_id):
            raise not_found("customer", "客户")
        raise Unavailable(
            "score_pending", en="This customer is being scored. Ask again.", zh="该客户正在评分，请稍后再试。"
        )
    set_etag(response, row["version"])
    pins = await overrides.active(db, [customer_id])
    kept, policy = dict(row), await policies.by_version(db, row["policy_version"])
    return {
        **rendering.score(row, pins, zh=chinese(request.headers.get("accept-language"))),
        "referral_value": await worth.referrals(db, kept, policy),
        "negative_causes": await worth.negative_causes(db, kept, policy),
    }


@router.get(
    "/v1/scores",
    operation_id="listScores",
    summary="List scores",
    response_model=Page[ScoreRead],
    **needs("scores:read"),
)
async def list_scores(
    db: ReadDb, sealer: Sealing, query: Annotated[ScoreQuery, Query()], request: Request
) -> dict[str, Any]:
    """By expected value, churn probability or age; filtered by tier, churn level, stage and owner."""
    page = await queries.SCORES.page(db, query, sealer, where=visible(db.scope, queries.SIGHT))
    zh = chinese(request.headers.get("accept-language"))
    pins = await overrides.active(db, [row["customer_id"] for row in page["data"]])
    return {**page, "data": [rendering.score(row, pins, zh=zh) for row in page["data"]]}


@router.get(
    "/v1/scores/{customer_id}/history",
    operation_id="listScoreHistory",
    summary="Read how a customer's score moved",
    response_model=Page[ScoreHistoryRead],
    **needs("scores:read"),
)
async def list_history(
    customer_id: UUID, db: ReadDb, sealer: Sealing, query: Annotated[HistoryQuery, Query()]
) -> dict[str, Any]:
    """A row whenever tier, stage or churn level changed, or the risk by five points."""
    await check_unmerged(db, customer_id)
    where = queries.history_of(db, customer_id)
    page = await queries.HISTORY.page(db, query, sealer, where=where)
    if not page["data"] and not await queries.is_known(db, customer_id):
        raise not_found("customer", "客户")
    return {**page, "data": [rendering.history(row) for row in page["data"]]}
