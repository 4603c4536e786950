"""The doors to objections."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from scoring_svc.objections import queries
from scoring_svc.oversight import commands
from scoring_svc.oversight.schemas import ObjectionInput, ObjectionQuery, ObjectionRead
from shared.db import Record
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)
from shared.problems import not_found

router = Router(tags=["decisions"])


@router.post(
    "/v1/objections",
    status_code=201,
    operation_id="createObjection",
    summary="Object to automatic decisions 拒绝自动决定",
    response_model=ObjectionRead,
    responses={**NO_SUCH_RECORD, 409: {"description": ""}},
    **needs("customers:write"),
)
async def create_objection(
    body: ObjectionInput, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    """In the customer's name. Its tier stays, its warning is closed as `objected`, and nothing is decided.

    Scores stay readable, marked `automatic: false`. 409 `objection_stands` while one stands.
    """
    row = await commands.object_to(tx, body.customer_id, reason=body.reason, by=caller.id)
    answer = _answer(row, response)
    response.headers["Location"] = f"/v1/objections/{answer['id']}"
    return answer


@router.get(
    "/v1/objections",
    operation_id="listObjections",
    summary="List objections to automatic decisions",
    response_model=Page[ObjectionRead],
    **needs("scores:read"),
)
async def list_objections(
    db: ReadDb, sealer: Sealing, query: Annotated[ObjectionQuery, Query()]
) -> dict[str, Any]:
    """Of customers in sight; `customer_id` also finds those of who was merged into that customer."""
    return await queries.OBJECTIONS.page(db, query, sealer, where=queries.seen(db))


@router.get(
    "/v1/objections/{objection_id}",
    operation_id="getObjection",
    summary="Read an objection",
    response_model=ObjectionRead,
    **needs("scores:read"),
)
async def get_objection(objection_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    """Who made it, when, and whether it stands."""
    return _answer(await queries.one(db, objection_id), response)


@router.post(
    "/v1/objections/{objection_id}/withdraw",
    operation_id="withdrawObjection",
    summary="Withdraw an objection",
    response_model=ObjectionRead,
    **needs("customers:write"),
)
async def withdraw_objection(
    objection_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """The customer is decided about again, at once. 409 `objection_withdrawn` when it is over already."""
    return _answer(await commands.withdraw(tx, objection_id, by=caller.id, expected=expected), response)


def _answer(row: Record | None, response: Response) -> dict[str, Any]:
    if row is None:
        raise not_found("objection", "异议")
    set_etag(response, row["version"])
    return dict(row)
