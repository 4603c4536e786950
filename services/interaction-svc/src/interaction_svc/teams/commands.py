"""Every change of a team."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError
from sqlalchemy import Integer, Uuid, bindparam, delete, insert, update

from interaction_svc.teams import queries
from interaction_svc.teams.schemas import TeamCreate, TeamPatch
from interaction_svc.teams.tables import Team, TeamMember
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict

_T: Any = Team.__table__  # type: ignore[attr-defined]
_M: Any = TeamMember.__table__  # type: ignore[attr-defined]
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_CHANGE = prepare(
    update(_T).where(_this, _T.c.version == bindparam("b_version", type_=Integer)),
    *("name", "lead_id", "manager_id", "version", "updated_at"),
)
_REMOVE = prepare(delete(_T).where(_this))
_JOIN = prepare(insert(_M), *_M.c.keys())
_LEAVE = prepare(delete(_M).where(_M.c.team_id == bindparam("b_id", type_=Uuid)))


async def create_team(tx: Tx, body: TeamCreate) -> dict[str, Any]:
    """A new team; Conflict when its name is taken or a member is in another team."""
    row = {
        **body.model_dump(),
        "id": tx.new_id(),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await _written(tx, _INSERT, **row)
    await _join(tx, row["id"], row["members"])
    return row


async def change_team(tx: Tx, team_id: UUID, patch: TeamPatch, *, expected: int | None) -> dict[str, Any]:
    """Change what was sent; members are replaced as a whole. NotFound, Stale, Conflict as when created."""
    before = await queries.team_to_change(tx, team_id)
    check_version(expected, before["version"])
    changes = patch.changes()
    after = {**before, **changes, "version": before["version"] + 1, "updated_at": tx.now}
    await _written(tx, _CHANGE, b_id=team_id, b_version=before["version"], **after)
    if "members" in changes:
        await tx.run(_LEAVE, b_id=team_id)
        await _join(tx, team_id, after["members"])
    return after


async def remove_team(tx: Tx, team_id: UUID, *, expected: int | None) -> None:
    """Remove it; its members are in no team then. NotFound, Stale."""
    before = await queries.team_to_change(tx, team_id)
    check_version(expected, before["version"])
    await tx.run(_REMOVE, b_id=team_id)


async def _written(tx: Tx, statement: Any, **values: Any) -> None:
    try:
        await tx.run(statement, **values)
    except UniqueViolationError:
        raise Conflict("team_exists", en="A team has this name already.", zh="已有同名服务团队。") from None


async def _join(tx: Tx, team_id: UUID, members: Iterable[Mapping[str, Any]]) -> None:
    rows = [{**member, "team_id": team_id, "place": place} for place, member in enumerate(members)]
    try:
        await tx.run_many(_JOIN, sorted(rows, key=lambda row: row["staff_id"]))
    except UniqueViolationError:
        raise Conflict(
            "member_elsewhere",
            en="One of them is in another team already.",
            zh="其中有成员已在其他服务团队。",
        ) from None
