"""The doors to drift and its alarms."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from scoring_svc.drift import commands, queries
from scoring_svc.drift.schemas import AlarmQuery, AlarmRead, DriftQuery, DriftRead
from scoring_svc.models import queries as models
from shared.db import Record
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.problems import not_found

router = Router(tags=["models"])


@router.get(
    "/v1/models/{model_id}/drift",
    operation_id="listModelDrift",
    summary="Read how what is seen moved away from a model 模型漂移",
    response_model=Page[DriftRead],
    **needs("models:read"),
)
async def list_drift(
    model_id: UUID, db: ReadDb, sealer: Sealing, query: Annotated[DriftQuery, Query()]
) -> dict[str, Any]:
    """A look a day while it spoke, the newest first: inputs, scores, what came true, reasons, feeds."""
    if await models.shown(db, model_id) is None:
        raise not_found("model", "模型")
    return await queries.DRIFT.page(db, query, sealer, where=[queries.of_model(model_id)])


@router.get(
    "/v1/model-alarms",
    operation_id="listModelAlarms",
    summary="List alarms of drift 漂移告警",
    response_model=Page[AlarmRead],
    **needs("models:read"),
)
async def list_alarms(db: ReadDb, sealer: Sealing, query: Annotated[AlarmQuery, Query()]) -> dict[str, Any]:
    """Each ends by itself when its measure is back within its bound, or another model speaks."""
    return await queries.ALARMS.page(db, query, sealer)


@router.get(
    "/v1/model-alarms/{alarm_id}",
    operation_id="getModelAlarm",
    summary="Read an alarm of drift",
    response_model=AlarmRead,
    **needs("models:read"),
)
async def get_alarm(alarm_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    """What was measured when it was seen last, and the bound that this went beyond."""
    return _answer(await queries.alarm(db, alarm_id), response)


@router.post(
    "/v1/model-alarms/{alarm_id}/acknowledge",
    operation_id="acknowledgeModelAlarm",
    summary="Look into an alarm of drift",
    response_model=AlarmRead,
    **needs("scores:write"),
)
async def acknowledge_alarm(
    alarm_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """Says that the caller looks into it. Until it is cleared no model speaks by itself.

    409 `alarm_cleared` when it is over.
    """
    return _answer(await commands.acknowledge(tx, alarm_id, by=caller.id, expected=expected), response)


def _answer(row: Record | None, response: Response) -> dict[str, Any]:
    if row is None:
        raise not_found("alarm", "告警")
    set_etag(response, row["version"])
    return dict(row)
