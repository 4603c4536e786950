"""The doors to backtests."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import HTMLResponse

from scoring_svc.drift import queries as drift
from scoring_svc.models import queries as models
from scoring_svc.models.domain import calibration_table
from scoring_svc.reports import queries
from scoring_svc.reports.page import page
from scoring_svc.reports.schemas import Backtest, ReportQuery
from shared.db import Reader, Record
from shared.http import ReadDb, Router, needs
from shared.http.errors import chinese
from shared.problems import not_found

router = Router(tags=["models"])
_SHOWN = {
    language: {"summary": name, "value": f'<!DOCTYPE html><html lang="{language}"><title>{title}</title>…'}
    for language, name, title in (
        ("en", "English", "Backtest of a model"),
        ("zh", "中文", "评分模型回测报告"),
    )
}
_CONTENT = {"text/html": {"schema": {"type": "string"}, "examples": _SHOWN}}


@router.get(
    "/v1/models/{model_id}/backtest",
    operation_id="getModelBacktest",
    summary="Read how a model did on the past",
    response_model=Backtest,
    **needs("models:read"),
)
async def get_backtest(model_id: UUID, db: ReadDb) -> dict[str, Any]:
    """Each fold was judged by what came after it, beside simple rules on the same customers."""
    row = await _found(db, model_id)
    return {
        "model_id": row["id"],
        "basis": row["basis"],
        "card": row["document"]["card"],
        "gate": row["gate"],
        "calibration": calibration_table(row["document"]),
        "warnings": await _outcomes(db, row),
    }


@router.get(
    "/v1/models/{model_id}/backtest/report",
    operation_id="getModelBacktestReport",
    summary="Read how a model did, as a page with charts 回测报告",
    response_class=HTMLResponse,
    response_model=None,
    responses={200: {"description": "The page · 回测报告页面", "content": _CONTENT}},
    **needs("models:read"),
)
async def get_report(
    model_id: UUID, db: ReadDb, query: Annotated[ReportQuery, Query()], request: Request
) -> Response:
    """To read, print and show: tracking curve, reliability, lift, simple rules, drift, outcomes of warnings.

    In Chinese or English by `lang`, or else by Accept-Language; it needs no script and loads nothing.
    """
    row = await _found(db, model_id)
    look = await drift.latest(db, model_id)
    language = query.lang or ("zh" if chinese(request.headers.get("accept-language")) else "en")
    return page(dict(row), None if look is None else dict(look), await _outcomes(db, row), language)


async def _found(db: Reader, model_id: UUID) -> Record:
    row = await models.one(db, model_id)
    if row is None:
        raise not_found("model", "模型")
    return row


async def _outcomes(db: Reader, model: Record) -> list[dict[str, Any]]:
    rows = await queries.outcomes(db, model["promoted_at"], model["retired_at"])
    return [dict(row) for row in rows]
