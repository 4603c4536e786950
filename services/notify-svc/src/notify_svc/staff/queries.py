"""Reading what is known of staff."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from notify_svc.staff.tables import StaffRef
from shared.db import Reader, any_of, prepare

STAFF: Any = StaffRef.__table__  # type: ignore[attr-defined]
_OF_UNITS = prepare(select(STAFF.c.id).where(STAFF.c.org_unit_id == any_of("units")).order_by(STAFF.c.id))
_DISABLED = prepare(select(STAFF.c.id).where(STAFF.c.id == any_of("ids"), ~STAFF.c.active))


async def disabled(reader: Reader, people: Iterable[UUID]) -> set[UUID]:
    """Which of these people cannot sign in any more; whoever is not known here can."""
    asked = sorted(set(people))
    return {row["id"] for row in await reader.rows(_DISABLED, ids=asked)} if asked else set()


async def people_of(reader: Reader, units: Iterable[UUID]) -> list[UUID]:
    """Who works in these org units, also who is disabled now; ids that are no units are nobody's."""
    return [row["id"] for row in await reader.rows(_OF_UNITS, units=sorted(units))]
