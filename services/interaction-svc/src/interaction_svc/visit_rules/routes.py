"""The door for HTTP: the rule of senior people on visits."""

from typing import Any

from fastapi import Response

from interaction_svc.visit_rules import commands, queries
from interaction_svc.visit_rules.schemas import VisitRuleRead, VisitRuleSet
from shared.http import Caller, IfMatch, ReadDb, Router, WriteTx, needs, set_etag

router = Router(tags=["visits"])


@router.get(
    "/v1/visit-rule",
    operation_id="getVisitRule",
    summary="Read the rule of senior visitors 查看高层拜访规则",
    description="Which customers somebody of a senior role visits, and how often. Version 0: nobody set one.",
    response_model=VisitRuleRead,
    **needs("policies:read"),
)
async def get_visit_rule(db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.rule(db)
    set_etag(response, row["version"])
    return row


@router.put(
    "/v1/visit-rule",
    operation_id="setVisitRule",
    summary="Set the rule of senior visitors 设置高层拜访规则",
    description=(
        "Visits to customers of these tiers are joined, as assignee or among the staff who take part, by "
        "somebody of a senior role at least once in `every_days`. It blocks nothing: a planned visit before "
        "which nobody senior came for so long carries a warning. `If-Match` is optional."
    ),
    response_model=VisitRuleRead,
    **needs("policies:write"),
)
async def set_visit_rule(
    body: VisitRuleSet, *, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.set_rule(tx, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row
