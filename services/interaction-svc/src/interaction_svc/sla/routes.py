"""The door for HTTP: policies of service levels."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from interaction_svc.sla import commands, queries
from interaction_svc.sla.schemas import SlaPolicyCreate, SlaPolicyPatch, SlaPolicyQuery, SlaPolicyRead
from shared.http import Page, ReadDb, RequiredIfMatch, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["service levels"])


@router.get(
    "/v1/sla-policies",
    operation_id="listSlaPolicies",
    summary="List the policies of service levels 查询服务级别策略",
    description="In the order in which they are looked at.",
    response_model=Page[SlaPolicyRead],
    **needs("policies:read"),
)
async def list_policies(
    query: Annotated[SlaPolicyQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.policies(db, query, sealer)


@router.post(
    "/v1/sla-policies",
    status_code=201,
    operation_id="createSlaPolicy",
    summary="Create a policy of service levels 新建服务级别策略",
    description=(
        "Which targets, in minutes, hold for complaints of which customers' tiers, categories, distributors "
        "and severities; when to warn, and whom to tell of a breach. Of several that cover a case the one "
        "with the smallest `position` counts; without any the resolution's default. All that is open is "
        "counted anew."
    ),
    response_model=SlaPolicyRead,
    **needs("policies:write"),
)
async def create_policy(body: SlaPolicyCreate, tx: WriteTx, response: Response) -> dict[str, Any]:
    row = await commands.create_policy(tx, body)
    response.headers["Location"] = f"/v1/sla-policies/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/sla-policies/{policy_id}",
    operation_id="getSlaPolicy",
    summary="Read one policy 查看服务级别策略",
    description="Its ETag is its version.",
    response_model=SlaPolicyRead,
    **needs("policies:read"),
)
async def get_policy(policy_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.policy(db, policy_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/sla-policies/{policy_id}",
    operation_id="changeSlaPolicy",
    summary="Change a policy 修改服务级别策略",
    description=(
        "A merge patch (RFC 7396); lists and `targets` are replaced as a whole. All that is open is counted "
        "anew; who was told already is not told again. `If-Match` is required."
    ),
    response_model=SlaPolicyRead,
    **needs("policies:write"),
)
async def change_policy(
    policy_id: UUID, body: SlaPolicyPatch, tx: WriteTx, expected: RequiredIfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.change_policy(tx, policy_id, body, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/sla-policies/{policy_id}",
    status_code=204,
    operation_id="removeSlaPolicy",
    summary="Remove a policy 删除服务级别策略",
    description="Its cases are counted anew by the next one that covers them. `If-Match` is required.",
    **needs("policies:write"),
)
async def remove_policy(policy_id: UUID, tx: WriteTx, expected: RequiredIfMatch) -> None:
    await commands.remove_policy(tx, policy_id, expected=expected)
