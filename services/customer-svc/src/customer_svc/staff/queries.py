"""Reading what is known of staff."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, select

from customer_svc.staff.tables import StaffRef
from shared.db import Reader, prepare

_s: Any = StaffRef.__table__  # type: ignore[attr-defined]
_ANYBODY = prepare(
    select(exists().where(_s.c.org_unit_id == bindparam("b_unit", type_=Uuid), _s.c.status == "active"))
)


async def anybody_in(db: Reader, unit_id: UUID) -> bool:
    """Whether somebody who is not disabled works in the org unit."""
    return bool(await db.value(_ANYBODY, b_unit=unit_id))
