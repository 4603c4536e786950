"""The pointer moved by a person, and the run that follows it, in one transaction."""

from typing import Any
from uuid import UUID

from scoring_svc.models import commands as models
from scoring_svc.models import queries
from scoring_svc.runs.jobs import REQUESTED
from scoring_svc.settings import NUMBER
from shared import operations
from shared.db import Tx
from shared.problems import not_found


async def promote(
    tx: Tx, model_id: UUID, *, by: UUID, note: str | None, expected: int | None
) -> dict[str, Any]:
    """Let this model speak; what `models.commands.promote` raises."""
    await models.promote(tx, model_id, by=by, note=note, expected=expected)
    return await _followed(tx, model_id, by)


async def roll_back(
    tx: Tx, model_id: UUID, *, by: UUID, note: str | None, expected: int | None
) -> dict[str, Any]:
    """Let the one before this champion speak; what `models.commands.roll_back` raises."""
    before = await models.roll_back(tx, model_id, by=by, note=note, expected=expected)
    return await _followed(tx, before, by)


async def _followed(tx: Tx, model_id: UUID, by: UUID) -> dict[str, Any]:
    operation = await operations.start(
        tx,
        "scoring-run",
        by,
        service_number=NUMBER,
        job=REQUESTED,
        args={"learn": False, "cause": "promotion"},
    )
    model = await queries.shown(tx, model_id)
    if model is None:
        raise not_found("model", "模型")
    return {"model": dict(model), "operation_id": operation}
