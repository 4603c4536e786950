"""Every SELECT over teams."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from interaction_svc.tables import JSON
from interaction_svc.teams.schemas import TeamQuery
from interaction_svc.teams.tables import Team, TeamMember
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T: Any = Team.__table__  # type: ignore[attr-defined]
_M: Any = TeamMember.__table__  # type: ignore[attr-defined]
_person = func.jsonb_build_object(
    "staff_id", _M.c.staff_id, "skills", _M.c.skills, "territories", _M.c.territories, type_=JSON
)
_members = (
    select(
        func.coalesce(
            func.jsonb_agg(_person.op("ORDER BY")(_M.c.place), type_=JSON), func.jsonb_build_array()
        )
    )
    .where(_M.c.team_id == _T.c.id)
    .scalar_subquery()
    .label("members")
)
_one = select(_T, _members).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_ABOVE = prepare(
    select(_M.c.staff_id, _T.c.lead_id, _T.c.manager_id)
    .join(_T, _T.c.id == _M.c.team_id)
    .where(_M.c.staff_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
)
_LIST = Listing(
    select(_T, _members),
    key=_T.c.id,
    sorts={"name": _T.c.name},
    default="name",
    filters={
        "member_id": lambda v: _T.c.id == select(_M.c.team_id).where(_M.c.staff_id == v).scalar_subquery()
    },
)


class Above(NamedTuple):
    """Who is above somebody in their team."""

    lead: UUID | None
    manager: UUID | None


async def team(reader: Reader, team_id: UUID) -> dict[str, Any]:
    """One team with its members, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=team_id)))


async def team_to_change(tx: Tx, team_id: UUID) -> dict[str, Any]:
    """One team with its members, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=team_id)))


async def teams(reader: Reader, query: TeamQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all teams."""
    return await _LIST.page(reader, query, sealer)


async def above(reader: Reader, staff_ids: Iterable[UUID]) -> Mapping[UUID, Above]:
    """Who is above each of these people, as far as they are in a team."""
    rows = await reader.rows(_ABOVE, ids=sorted(staff_ids))
    return {row["staff_id"]: Above(row["lead_id"], row["manager_id"]) for row in rows}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("team", "服务团队")
    return row
