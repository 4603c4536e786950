"""The door to stages: their history, who is lost by somebody's word, and how long stages last."""

from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import Query, Response

from scoring_svc.lifecycle import commands, queries
from scoring_svc.lifecycle.schemas import (
    DeclareLost,
    LossRead,
    Stage,
    StageInsight,
    StageQuery,
    StageRead,
)
from shared.http import Caller, Db, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.problems import not_found
from shared.references import check_unmerged

router = Router(tags=["lifecycle"])
_NOBODY = {"customers": 0, "median_weeks": None, "entered_52": 0, "left_52": 0, "median_weeks_ended": None}


@router.get(
    "/v1/scores/{customer_id}/stages",
    operation_id="listStages",
    summary="Read which stages a customer went through 生命周期历史",
    response_model=Page[StageRead],
    **needs("scores:read"),
)
async def list_stages(
    customer_id: UUID, db: ReadDb, sealer: Sealing, query: Annotated[StageQuery, Query()]
) -> dict[str, Any]:
    """The newest first: since when, until when, by what cause and on which numbers."""
    await check_unmerged(db, customer_id)
    if not await queries.is_known(db, customer_id):
        raise not_found("customer", "客户")
    where = queries.stages_of(customer_id, merged=bool(query.merged))
    return await queries.STAGES.page(db, query, sealer, where=where)


@router.post(
    "/v1/scores/{customer_id}/declare-lost",
    status_code=201,
    operation_id="declareLost",
    summary="Declare a customer lost 宣告流失",
    response_model=LossRead,
    **needs("customers:write"),
)
async def declare_lost(
    customer_id: UUID, body: DeclareLost, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    """Its stage is `lost` until the word is withdrawn or an order comes, which wins the customer back."""
    response.headers["Location"] = f"/v1/scores/{customer_id}/declare-lost"
    return await commands.declare(tx, customer_id, reason=body.reason, note=body.note, by=caller.id)


@router.get(
    "/v1/scores/{customer_id}/declare-lost",
    operation_id="getLossDeclaration",
    summary="Read who declared a customer lost, and why",
    response_model=LossRead,
    **needs("scores:read"),
)
async def get_declaration(customer_id: UUID, db: ReadDb) -> dict[str, Any]:
    """404 while nobody has."""
    await check_unmerged(db, customer_id)
    known = await queries.is_known(db, customer_id)
    found = await queries.declaration(db, customer_id) if known else None
    if found is None:
        raise not_found("declaration", "流失宣告")
    return dict(found)


@router.post(
    "/v1/scores/{customer_id}/declare-lost/withdraw",
    operation_id="withdrawLossDeclaration",
    summary="Take back that a customer is lost 撤销流失宣告",
    response_model=LossRead,
    **needs("customers:write"),
)
async def withdraw_declaration(customer_id: UUID, tx: WriteTx, caller: Caller) -> dict[str, Any]:
    """Its stage is decided by its orders again."""
    return await commands.withdraw(tx, customer_id, by=caller.id)


@router.get(
    "/v1/insights/stages",
    operation_id="getStageInsight",
    summary="How many customers are in which stage, and for how long 生命周期分布",
    response_model=StageInsight,
    **needs("scores:read"),
)
async def get_stage_insight(db: ReadDb, clock: Db) -> dict[str, Any]:
    """Median weeks in a stage: of those who are in it, and of those who left it."""
    found = {row["stage"]: dict(row) for row in await queries.spread(db, clock.now())}
    data = [{"stage": stage, **_NOBODY, **found.get(stage, {})} for stage in get_args(Stage)]
    return {"customers": sum(share["customers"] for share in data), "data": data}
