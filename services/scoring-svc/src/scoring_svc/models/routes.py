"""The door to the model registry."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from scoring_svc.models import queries
from scoring_svc.models.card import card
from scoring_svc.models.domain import calibration_table
from scoring_svc.models.schemas import ModelDetail, ModelQuery, ModelRead
from shared.http import Page, ReadDb, Router, Sealing, needs, set_etag
from shared.http.errors import chinese
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
    """The champion speaks; those in the shadow do not yet, or were refused; the others spoke before it."""
    return await queries.MODELS.page(db, query, sealer)


@router.get(
    "/v1/models/{model_id}",
    operation_id="getModel",
    summary="Read a model with its parameters and its card 模型卡",
    response_model=ModelDetail,
    **needs("models:read"),
)
async def get_model(model_id: UUID, db: ReadDb, request: Request, response: Response) -> dict[str, Any]:
    """What it was learnt from and by, how it came to speak, and a card in the caller's language."""
    row = await queries.one(db, model_id)
    if row is None:
        raise not_found("model", "模型")
    document = row["document"]
    set_etag(response, row["version"])
    return {
        **dict(row),
        "parameters": {name: value for name, value in document.items() if name != "card"},
        "calibration": calibration_table(document),
        "history": [dict(move) for move in await queries.moves(db, model_id)],
        "card": card(dict(row), zh=chinese(request.headers.get("accept-language"))),
    }
