"""Every SELECT over rules of assignment, and who of a team could get a complaint."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from interaction_svc.assignment.domain import Candidate
from interaction_svc.assignment.schemas import RuleQuery
from interaction_svc.assignment.tables import AssignmentRule
from interaction_svc.complaints.tables import Complaint
from interaction_svc.staff.tables import StaffRef
from interaction_svc.teams.tables import TeamMember
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T: Any = AssignmentRule.__table__  # type: ignore[attr-defined]
_M: Any = TeamMember.__table__  # type: ignore[attr-defined]
_S: Any = StaffRef.__table__  # type: ignore[attr-defined]
_C: Any = Complaint.__table__  # type: ignore[attr-defined]
_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_ACTIVE = prepare(select(_T).where(_T.c.active).order_by(_T.c.position, _T.c.id))
_open = (
    select(func.count())
    .where(_C.c.owner_id == _M.c.staff_id, _C.c.resolved_at.is_(None), _C.c.merged_into.is_(None))
    .scalar_subquery()
)
_TEAM = prepare(
    select(
        _M.c.staff_id,
        _M.c.skills,
        _M.c.territories,
        func.coalesce(_S.c.active, True).label("active"),
        _open.label("open"),
    )
    .outerjoin(_S, _S.c.id == _M.c.staff_id)
    .where(_M.c.team_id == bindparam("b_team", type_=Uuid))
    .order_by(_M.c.place)
)
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"position": _T.c.position},
    default="position",
    filters={"active": lambda v: _T.c.active == v},
)


async def rule(reader: Reader, rule_id: UUID) -> dict[str, Any]:
    """One rule, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=rule_id)))


async def rule_to_change(tx: Tx, rule_id: UUID) -> dict[str, Any]:
    """One rule, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=rule_id)))


async def rules(reader: Reader, query: RuleQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all rules."""
    return await _LIST.page(reader, query, sealer)


async def active(reader: Reader) -> list[dict[str, Any]]:
    """The rules that count, in the order in which they are looked at."""
    return [dict(row) for row in await reader.rows(_ACTIVE)]


async def candidates(reader: Reader, team_id: UUID) -> list[Candidate]:
    """Everybody of the team, in its order."""
    return [
        Candidate(
            row["staff_id"],
            frozenset(row["skills"]),
            frozenset(row["territories"]),
            active=row["active"],
            open=row["open"],
        )
        for row in await reader.rows(_TEAM, b_team=team_id)
    ]


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("assignment rule", "分派规则")
    return row
