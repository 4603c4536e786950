"""The door to recommendations, which the company edits."""

from typing import Annotated, Any

from fastapi import Path, Response

from scoring_svc.actions import commands, queries
from scoring_svc.actions.schemas import ActionRuleRead, ActionRules, ActionRuleSet, RuleName
from shared.http import Caller, IfMatch, ReadDb, RequiredIfMatch, Router, WriteTx, needs, set_etag
from shared.problems import not_found

router = Router(tags=["recommended actions"])
_Named = Annotated[RuleName, Path()]


@router.get(
    "/v1/recommended-actions",
    operation_id="listRecommendedActions",
    summary="List what is recommended for which reason 推荐措施",
    response_model=ActionRules,
    **needs("policies:read"),
)
async def list_rules(db: ReadDb) -> dict[str, Any]:
    """By name. Of those that fit a customer the highest priority counts, then drivers before signals."""
    return {"data": await queries.listed(db), "page": {"next_cursor": None, "has_more": False}}


@router.get(
    "/v1/recommended-actions/{name}",
    operation_id="getRecommendedAction",
    summary="Read a recommendation",
    response_model=ActionRuleRead,
    **needs("policies:read"),
)
async def get_rule(name: _Named, db: ReadDb, response: Response) -> dict[str, Any]:
    """Version 0: ours, which the company did not change."""
    row = await queries.one(db, name)
    if row is None:
        raise not_found("recommended action", "推荐措施")
    set_etag(response, row["version"])
    return row


@router.put(
    "/v1/recommended-actions/{name}",
    operation_id="setRecommendedAction",
    summary="Set a recommendation 设置推荐措施",
    response_model=ActionRuleRead,
    **needs("policies:write"),
)
async def set_rule(
    name: _Named, body: ActionRuleSet, *, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    """Counts for scores that are made from now on. A new name adds one; `If-Match` is optional."""
    row = await commands.set_rule(tx, name, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/recommended-actions/{name}",
    status_code=204,
    operation_id="resetRecommendedAction",
    summary="Reset a recommendation to ours, or remove one of your own 恢复默认",
    **needs("policies:write"),
)
async def reset_rule(name: _Named, tx: WriteTx, expected: RequiredIfMatch) -> None:
    """After it ours holds again; one that only the company had is gone."""
    await commands.reset(tx, name, expected=expected)
