"""The door to tier policies."""

from typing import Annotated

from fastapi import Path, Response

from scoring_svc.policies import queries
from scoring_svc.policies.schemas import TierPolicyRead
from shared.http import Output, PageInfo, ReadDb, Router, needs, set_etag
from shared.problems import not_found

router = Router(tags=["tier policies"])


class TierPolicies(Output):
    """Every version, the newest first."""

    data: list[TierPolicyRead]
    page: PageInfo


@router.get(
    "/v1/tier-policies",
    operation_id="listTierPolicies",
    summary="List the published tier policies 分级策略",
    response_model=TierPolicies,
    **needs("policies:read"),
)
async def list_policies(db: ReadDb) -> dict[str, object]:
    """The newest one decides. Every score names the version that it was made by."""
    rows = await queries.every(db)
    return {"data": [dict(row) for row in rows], "page": {"next_cursor": None, "has_more": False}}


@router.get(
    "/v1/tier-policies/{version}",
    operation_id="getTierPolicy",
    summary="Read one version of the tier policy",
    response_model=TierPolicyRead,
    **needs("policies:read"),
)
async def get_policy(
    version: Annotated[int, Path(ge=1, lt=2**31, examples=[1])], db: ReadDb, response: Response
) -> dict[str, object]:
    """Weights and thresholds of the two axes, contribution and potential."""
    row = await queries.one(db, version)
    if row is None:
        raise not_found("tier policy", "分级策略")
    set_etag(response, row["version"])
    return dict(row)
