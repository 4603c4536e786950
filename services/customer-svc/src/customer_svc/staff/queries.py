"""Reading what is known of staff."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, select

from customer_svc.staff.tables import StaffRef
from shared.db import Reader, prepare

_s: Any = StaffRef.__table__  # type: ignore[attr-defined]
_ANYBODY = prepare(
    select(exists().where(_s.c.org_unit_id == bindparam("b_unit", type_=Uuid), _s.c.status == "active"))
)
_KNOWN = prepare(select(_s.c.id).where(_s.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


async def known(db: Reader, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these are members of staff; for a partner nobody is, whoever is named."""
    if db.scope.distributors is not None:
        return frozenset()
    return frozenset(row["id"] for row in await db.rows(_KNOWN, ids=sorted(ids)))


async def anybody_in(db: Reader, unit_id: UUID) -> bool:
    """Whether somebody who is not disabled works in the org unit."""
    return bool(await db.value(_ANYBODY, b_unit=unit_id))
