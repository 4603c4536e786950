"""The door to tier policies: drafts, and what was published."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from scoring_svc.policies import commands, queries, rendering
from scoring_svc.policies.queries import Row
from scoring_svc.policies.schemas import (
    TierPolicyCreate,
    TierPolicyPatch,
    TierPolicyQuery,
    TierPolicyRead,
    Version,
)
from shared.http import (
    Caller,
    Page,
    ReadDb,
    RequiredIfMatch,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)
from shared.http.errors import chinese
from shared.problems import not_found

router = Router(tags=["tier policies"])


@router.get(
    "/v1/tier-policies",
    operation_id="listTierPolicies",
    summary="List the tier policies 分级策略",
    response_model=Page[TierPolicyRead],
    **needs("policies:read"),
)
async def list_policies(
    query: Annotated[TierPolicyQuery, Query()], db: ReadDb, sealer: Sealing, request: Request
) -> dict[str, Any]:
    """The newest version first. The published one decides; every score names the version that it is by."""
    page = await queries.POLICIES.page(db, query, sealer)
    zh = chinese(request.headers.get("accept-language"))
    return {**page, "data": [rendering.policy(row, zh=zh) for row in page["data"]]}


@router.post(
    "/v1/tier-policies",
    status_code=201,
    operation_id="draftTierPolicy",
    summary="Draft a tier policy 起草分级策略",
    response_model=TierPolicyRead,
    **needs("policies:write"),
)
async def draft_policy(
    body: TierPolicyCreate, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    """Nobody feels a draft: simulate it, look at what it would do, then publish it by that simulation."""
    row = await commands.draft(tx, body, author=caller.id)
    response.headers["Location"] = f"/v1/tier-policies/{row['version']}"
    return _answer(row, request, response)


@router.get(
    "/v1/tier-policies/{version}",
    operation_id="getTierPolicy",
    summary="Read one version of the tier policy",
    response_model=TierPolicyRead,
    **needs("policies:read"),
)
async def get_policy(version: Version, db: ReadDb, request: Request, response: Response) -> dict[str, Any]:
    """Weights and thresholds of the two axes, contribution and potential, with all else that it decides."""
    return _answer(await queries.one(db, version), request, response)


@router.patch(
    "/v1/tier-policies/{version}",
    operation_id="changeTierPolicy",
    summary="Change a draft 修改策略草稿",
    response_model=TierPolicyRead,
    **needs("policies:write"),
)
async def change_policy(
    version: Version,
    body: TierPolicyPatch,
    tx: WriteTx,
    expected: RequiredIfMatch,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    """A merge patch (RFC 7396), of the document, too. `If-Match` is required.

    Only drafts change (else 409), and what waits for its `effective_from`, which is a draft again then. What
    was simulated before cannot publish another document.
    """
    return _answer(await commands.change(tx, version, body, expected=expected), request, response)


@router.delete(
    "/v1/tier-policies/{version}",
    status_code=204,
    operation_id="removeTierPolicy",
    summary="Remove a draft 删除策略草稿",
    **needs("policies:write"),
)
async def remove_policy(version: Version, tx: WriteTx, expected: RequiredIfMatch) -> None:
    """Or one that waits for its day. What was ever published stays (409). `If-Match` is required."""
    await commands.remove(tx, version, expected=expected)


def _answer(row: Row | None, request: Request, response: Response) -> dict[str, Any]:
    if row is None:
        raise not_found("tier policy", "分级策略")
    set_etag(response, row["revision"])
    return rendering.policy(row, zh=chinese(request.headers.get("accept-language")))
