"""The door to scoring runs."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from scoring_svc.runs import queries
from scoring_svc.runs.jobs import REQUESTED
from scoring_svc.runs.schemas import RunInput, RunQuery, RunRead
from scoring_svc.settings import NUMBER
from shared import operations
from shared.http import Caller, Output, Page, ReadDb, Router, Sealing, WriteTx, needs

router = Router(tags=["scoring runs"])


class Accepted(Output):
    """Work that goes on; watch it at `/v1/operations/{id}`."""

    id: str = Field(examples=["0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d83"])


@router.post(
    "/v1/scoring-runs",
    status_code=202,
    operation_id="startScoringRun",
    summary="Score every customer now, after learning a model anew if asked",
    response_model=Accepted,
    **needs("scores:write"),
)
async def start_run(body: RunInput, tx: WriteTx, caller: Caller, response: Response) -> dict[str, str]:
    """Answers an operation to watch. Customers are scored by themselves after each event and each day."""
    operation = await operations.start(
        tx, "scoring-run", caller.id, service_number=NUMBER, job=REQUESTED, args=body.model_dump()
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": str(operation)}


@router.get(
    "/v1/scoring-runs",
    operation_id="listScoringRuns",
    summary="List finished scoring runs",
    response_model=Page[RunRead],
    **needs("models:read"),
)
async def list_runs(db: ReadDb, sealer: Sealing, query: Annotated[RunQuery, Query()]) -> dict[str, Any]:
    """What set each off, and how many customers changed."""
    return await queries.RUNS.page(db, query, sealer)
