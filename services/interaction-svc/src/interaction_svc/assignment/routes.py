"""The door for HTTP: rules of assignment, and trying them out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from interaction_svc.assignment import commands, queries
from interaction_svc.assignment.domain import Matter
from interaction_svc.assignment.schemas import (
    DryRun,
    DryRunRead,
    RuleCreate,
    RulePatch,
    RuleQuery,
    RuleRead,
)
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["service levels"])


@router.get(
    "/v1/assignment-rules",
    operation_id="listAssignmentRules",
    summary="List the rules of assignment 查询分派规则",
    description="In the order in which they are looked at.",
    response_model=Page[RuleRead],
    **needs("policies:read"),
)
async def list_rules(query: Annotated[RuleQuery, Query()], db: ReadDb, sealer: Sealing) -> dict[str, Any]:
    return await queries.rules(db, query, sealer)


@router.post(
    "/v1/assignment-rules",
    status_code=201,
    operation_id="createAssignmentRule",
    summary="Create a rule of assignment 新建分派规则",
    description=(
        "A new complaint is given to somebody of the team of the first rule that fits and finds somebody. "
        "Who cannot sign in gets none."
    ),
    response_model=RuleRead,
    **needs("policies:write"),
)
async def create_rule(body: RuleCreate, tx: WriteTx, response: Response) -> dict[str, Any]:
    row = await commands.create_rule(tx, body)
    response.headers["Location"] = f"/v1/assignment-rules/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/assignment-rules/dry-run",
    operation_id="tryAssignmentRules",
    summary="Try the rules of assignment out 试运行分派规则",
    description="Who would get such a complaint now, by which rule, and why nobody else. Nothing changes.",
    response_model=DryRunRead,
    **needs("policies:write"),
)
async def try_rules(body: DryRun, tx: WriteTx) -> dict[str, Any]:
    return await commands.dry_run(tx, Matter(**body.model_dump()))


@router.get(
    "/v1/assignment-rules/{rule_id}",
    operation_id="getAssignmentRule",
    summary="Read one rule 查看分派规则",
    description="Its ETag is its version.",
    response_model=RuleRead,
    **needs("policies:read"),
)
async def get_rule(rule_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.rule(db, rule_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/assignment-rules/{rule_id}",
    operation_id="changeAssignmentRule",
    summary="Change a rule 修改分派规则",
    description="A merge patch (RFC 7396). `If-Match` is optional.",
    response_model=RuleRead,
    **needs("policies:write"),
)
async def change_rule(
    rule_id: UUID, body: RulePatch, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.change_rule(tx, rule_id, body, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/assignment-rules/{rule_id}",
    status_code=204,
    operation_id="removeAssignmentRule",
    summary="Remove a rule 删除分派规则",
    description="Whom it gave complaints keeps them. `If-Match` is optional.",
    **needs("policies:write"),
)
async def remove_rule(rule_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await commands.remove_rule(tx, rule_id, expected=expected)
