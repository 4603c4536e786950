"""The door for HTTP: service teams."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from interaction_svc.teams import commands, queries
from interaction_svc.teams.schemas import TeamCreate, TeamPatch, TeamQuery, TeamRead
from shared.http import IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["service levels"])


@router.get(
    "/v1/teams",
    operation_id="listTeams",
    summary="List service teams 查询服务团队",
    description="By name, with their members.",
    response_model=Page[TeamRead],
    **needs("policies:read"),
)
async def list_teams(query: Annotated[TeamQuery, Query()], db: ReadDb, sealer: Sealing) -> dict[str, Any]:
    return await queries.teams(db, query, sealer)


@router.post(
    "/v1/teams",
    status_code=201,
    operation_id="createTeam",
    summary="Create a service team 新建服务团队",
    description=(
        "Nobody is in two teams: 409 `member_elsewhere`. Skills are categories of complaints, "
        "territories the org units that look after customers."
    ),
    response_model=TeamRead,
    **needs("policies:write"),
)
async def create_team(body: TeamCreate, tx: WriteTx, response: Response) -> dict[str, Any]:
    row = await commands.create_team(tx, body)
    response.headers["Location"] = f"/v1/teams/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/teams/{team_id}",
    operation_id="getTeam",
    summary="Read one service team 查看服务团队",
    description="Its ETag is its version.",
    response_model=TeamRead,
    **needs("policies:read"),
)
async def get_team(team_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.team(db, team_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/teams/{team_id}",
    operation_id="changeTeam",
    summary="Change a service team 修改服务团队",
    description="A merge patch (RFC 7396); `members` are replaced as a whole. `If-Match` is optional.",
    response_model=TeamRead,
    **needs("policies:write"),
)
async def change_team(
    team_id: UUID, body: TeamPatch, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.change_team(tx, team_id, body, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/teams/{team_id}",
    status_code=204,
    operation_id="removeTeam",
    summary="Remove a service team 删除服务团队",
    description="Its members are in no team then. `If-Match` is optional.",
    **needs("policies:write"),
)
async def remove_team(team_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await commands.remove_team(tx, team_id, expected=expected)
