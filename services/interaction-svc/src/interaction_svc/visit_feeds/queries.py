"""Whose calendar it is, and what stands in it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, LargeBinary, Uuid, bindparam, select

from interaction_svc.staff.tables import StaffRef
from interaction_svc.visit_feeds import domain
from interaction_svc.visit_feeds.tables import VisitFeed
from interaction_svc.visits.queries import SIGHT
from interaction_svc.visits.tables import Visit
from shared.db import Reader, in_sight, prepare, sight

_F: Any = VisitFeed.__table__  # type: ignore[attr-defined]
_V: Any = Visit.__table__  # type: ignore[attr-defined]
_staff: Any = StaffRef.__table__  # type: ignore[attr-defined]
_SHOWN = ("id", "version", "status", "starts_at", "ends_at", "purpose", "content", "place", "participants")

_WHOSE = prepare(
    select(_F.c.staff_id, _staff.c.roles)
    .join(_staff, _staff.c.id == _F.c.staff_id)
    .where(_F.c.token_hash == bindparam("b_hash", type_=LargeBinary), _staff.c.active)
)
_OWN = prepare(
    select(*(_V.c[name] for name in _SHOWN), _V.c.created_at, _V.c.updated_at)
    .where(
        _V.c.assignee_id == bindparam("b_person", type_=Uuid),
        _V.c.starts_at >= bindparam("b_since"),
        _V.c.starts_at < bindparam("b_until"),
        in_sight(SIGHT),
    )
    .order_by(_V.c.starts_at, _V.c.id)
    .limit(bindparam("b_most", type_=Integer))
)


async def whose(reader: Reader, token: str) -> UUID:
    """Who made the calendar of this token, if they work here and may see visits; NotFound otherwise."""
    row = await reader.row(_WHOSE, b_hash=domain.hashed(token))
    if row is None or not domain.may_read(row["roles"]):
        raise domain.no_such_feed()
    found: UUID = row["staff_id"]
    return found


async def own_visits(reader: Reader, person: UUID, *, now: datetime) -> list[dict[str, Any]]:
    """The visits in sight that this person is to make, the earliest first."""
    rows = await reader.rows(
        _OWN,
        b_person=person,
        b_since=now - domain.BACK,
        b_until=now + domain.AHEAD,
        b_most=domain.MOST,
        **sight(reader.scope),
    )
    return [dict(row) for row in rows]


def tag_of(person: UUID, visits: Sequence[Mapping[str, Any]]) -> str:
    """An ETag that is another one whenever a visit changes, comes or goes; each has its version."""
    said = "\n".join((str(person), *(f"{row['id']} {row['version']}" for row in visits)))
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
