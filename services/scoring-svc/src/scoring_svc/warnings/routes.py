"""The door to churn warnings."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from scoring_svc.warnings import commands, queries, rendering
from scoring_svc.warnings.schemas import (
    ActInput,
    AssignInput,
    OutcomeInput,
    StepQuery,
    StepRead,
    WarningPatch,
    WarningQuery,
    WarningRead,
)
from shared.db import Record, visible
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.http.errors import chinese
from shared.problems import not_found

router = Router(tags=["churn warnings"])


@router.get(
    "/v1/churn-warnings",
    operation_id="listChurnWarnings",
    summary="List churn warnings 流失预警",
    response_model=Page[WarningRead],
    **needs("scores:read"),
)
async def list_warnings(
    db: ReadDb, sealer: Sealing, query: Annotated[WarningQuery, Query()], request: Request
) -> dict[str, Any]:
    """Customers who may be lost while something can still be done, each with its reasons."""
    where = visible(db.scope, queries.SIGHT)
    page = await queries.WARNINGS.page(db, query, sealer, where=where)
    zh = _zh(request)
    return {**page, "data": [rendering.warning(row, zh=zh) for row in page["data"]]}


@router.get(
    "/v1/churn-warnings/{warning_id}",
    operation_id="getChurnWarning",
    summary="Read a churn warning",
    response_model=WarningRead,
    **needs("scores:read"),
)
async def get_warning(warning_id: UUID, db: ReadDb, request: Request, response: Response) -> dict[str, Any]:
    """The reasons are those of the day on which it was opened."""
    return _answer(await queries.one(db, warning_id), request, response)


@router.get(
    "/v1/churn-warnings/{warning_id}/history",
    operation_id="listWarningSteps",
    summary="Read the course of a churn warning 预警处理记录",
    response_model=Page[StepRead],
    **needs("scores:read"),
)
async def list_steps(
    warning_id: UUID, db: ReadDb, sealer: Sealing, query: Annotated[StepQuery, Query()]
) -> dict[str, Any]:
    """Every step, the first one first: who did it, and what it set."""
    if await queries.one(db, warning_id) is None:
        raise not_found("churn warning", "流失预警")
    return await queries.STEPS.page(db, query, sealer, where=queries.steps_of(warning_id))


@router.patch(
    "/v1/churn-warnings/{warning_id}",
    operation_id="updateChurnWarning",
    summary="Set until when something should come of a churn warning",
    response_model=WarningRead,
    **needs("customers:write"),
)
async def update_warning(
    warning_id: UUID,
    body: WarningPatch,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """A warning that is past its due time is `overdue` in lists and counts."""
    row = await commands.change(tx, warning_id, body.changes(), by=caller.id, expected=expected)
    return _answer(row, request, response)


@router.post(
    "/v1/churn-warnings/{warning_id}/acknowledge",
    operation_id="acknowledgeChurnWarning",
    summary="Take care of a churn warning",
    response_model=WarningRead,
    **needs("customers:write"),
)
async def acknowledge_warning(
    warning_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, request: Request, response: Response
) -> dict[str, Any]:
    """Says that the caller takes care of it; also of one that still waits."""
    row = await commands.acknowledge(tx, warning_id, by=caller.id, expected=expected)
    return _answer(row, request, response)


@router.post(
    "/v1/churn-warnings/{warning_id}/act",
    operation_id="actOnChurnWarning",
    summary="Note what is done about a churn warning 记录挽留措施",
    response_model=WarningRead,
    **needs("customers:write"),
)
async def act_on_warning(
    warning_id: UUID,
    body: ActInput,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """The code of the recommended action, or one of your own: results are counted by it."""
    row = await commands.act(
        tx, warning_id, action=body.action, note=body.note, by=caller.id, expected=expected
    )
    return _answer(row, request, response)


@router.post(
    "/v1/churn-warnings/{warning_id}/assign",
    operation_id="assignChurnWarning",
    summary="Give a churn warning to somebody else 转交预警",
    response_model=WarningRead,
    **needs("customers:assign"),
)
async def assign_warning(
    warning_id: UUID,
    body: AssignInput,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """Its reminder goes along. Who does not see the customer does not see its warning either."""
    row = await commands.assign(tx, warning_id, owner_id=body.owner_id, by=caller.id, expected=expected)
    return _answer(row, request, response)


@router.post(
    "/v1/churn-warnings/{warning_id}/outcome",
    operation_id="concludeChurnWarning",
    summary="Close a churn warning with what came of it",
    response_model=WarningRead,
    **needs("customers:write"),
)
async def conclude_warning(
    warning_id: UUID,
    body: OutcomeInput,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """`won_back`, `lost` or `false_alarm`; its open reminder is closed, too. Once for each warning.

    Of one that the system closed it can still be said.
    """
    row = await commands.conclude(
        tx, warning_id, outcome=body.outcome, note=body.note, by=caller.id, expected=expected
    )
    return _answer(row, request, response)


def _answer(row: Record | None, request: Request, response: Response) -> dict[str, Any]:
    if row is None:
        raise not_found("churn warning", "流失预警")
    set_etag(response, row["version"])
    return rendering.warning(row, zh=_zh(request))


def _zh(request: Request) -> bool:
    return chinese(request.headers.get("accept-language"))
