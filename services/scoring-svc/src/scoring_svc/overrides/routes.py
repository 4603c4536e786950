"""The door to tier overrides."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from scoring_svc.overrides import commands, queries
from scoring_svc.overrides.schemas import TierOverrideCreate, TierOverrideQuery, TierOverrideRead
from shared.db import Record, visible
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

router = Router(tags=["tier overrides"])


@router.post(
    "/v1/tier-overrides",
    status_code=201,
    operation_id="createTierOverride",
    summary="Pin a customer to a tier 手动指定客户等级",
    response_model=TierOverrideRead,
    responses=NO_SUCH_RECORD,
    **needs("tier_overrides:write"),
)
async def create_override(
    body: TierOverrideCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    """With a reason and an end. The score shows it beside the tier; what the rules say goes on beneath it."""
    row = await commands.pin(tx, body, by=caller.id)
    answer = _answer(row, response)
    response.headers["Location"] = f"/v1/tier-overrides/{answer['id']}"
    return answer


@router.get(
    "/v1/tier-overrides",
    operation_id="listTierOverrides",
    summary="List tier overrides 等级覆盖",
    response_model=Page[TierOverrideRead],
    **needs("tier_overrides:read"),
)
async def list_overrides(
    db: ReadDb, sealer: Sealing, query: Annotated[TierOverrideQuery, Query()]
) -> dict[str, Any]:
    """Of the customers in sight, with those that have ended."""
    return await queries.OVERRIDES.page(db, query, sealer, where=visible(db.scope, queries.SIGHT))


@router.get(
    "/v1/tier-overrides/{override_id}",
    operation_id="getTierOverride",
    summary="Read a tier override",
    response_model=TierOverrideRead,
    **needs("tier_overrides:read"),
)
async def get_override(override_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    """Who pinned which customer to which tier, why and until when."""
    return _answer(await queries.one(db, override_id), response)


@router.post(
    "/v1/tier-overrides/{override_id}/end",
    operation_id="endTierOverride",
    summary="End a tier override early 提前结束等级覆盖",
    response_model=TierOverrideRead,
    **needs("tier_overrides:write"),
)
async def end_override(
    override_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """The rules decide again at once. `If-Match` is optional."""
    return _answer(await commands.end(tx, override_id, by=caller.id, expected=expected), response)


def _answer(row: Record | None, response: Response) -> dict[str, Any]:
    if row is None:
        raise not_found("tier override", "等级覆盖")
    set_etag(response, row["version"])
    return dict(row)
