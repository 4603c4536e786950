"""The door to the model registry."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from scoring_svc.models import queries
from scoring_svc.models.schemas import Backtest, ModelDetail, ModelQuery, ModelRead
from shared.db import Reader, Record
from shared.http import Page, ReadDb, Router, Sealing, needs
from shared.problems import not_found

router = Router(tags=["models"])


@router.get(
    "/v1/models",
    operation_id="listModels",
    summary="List the models on record 模型",
    response_model=Page[ModelRead],
    **needs("models:read"),
)
async def list_models(db: ReadDb, sealer: Sealing, query: Annotated[ModelQuery, Query()]) -> object:
    """The champion speaks; the others spoke before it."""
    return await queries.MODELS.page(db, query, sealer)


@router.get(
    "/v1/models/{model_id}",
    operation_id="getModel",
    summary="Read a model with its parameters",
    response_model=ModelDetail,
    **needs("models:read"),
)
async def get_model(model_id: UUID, db: ReadDb) -> object:
    """Parameters of the purchase model, the spend model and the churn model."""
    row = await _found(db, model_id)
    document = {name: value for name, value in row["document"].items() if name != "card"}
    return {**dict(row), "parameters": document}


@router.get(
    "/v1/models/{model_id}/backtest",
    operation_id="getModelBacktest",
    summary="Read how a model did on the past",
    response_model=Backtest,
    **needs("models:read"),
)
async def get_backtest(model_id: UUID, db: ReadDb) -> object:
    """Each fold was judged by what came after it, beside simple rules on the same customers."""
    row = await _found(db, model_id)
    return {"model_id": row["id"], "basis": row["basis"], "card": row["document"]["card"]}


async def _found(db: Reader, model_id: UUID) -> Record:
    row = await queries.one(db, model_id)
    if row is None:
        raise not_found("model", "模型")
    return row
