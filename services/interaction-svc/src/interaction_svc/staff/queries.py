"""Reading what is known of staff."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from interaction_svc.staff.tables import StaffRef
from shared.db import Reader, Record, prepare

_s: Any = StaffRef.__table__  # type: ignore[attr-defined]
_KNOWN = prepare(select(_s).where(_s.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))


async def known(db: Reader, ids: Iterable[UUID]) -> Mapping[UUID, Record]:
    """Those of them who are members of staff, also disabled ones, by id."""
    return {row["id"]: row for row in await db.rows(_KNOWN, ids=sorted(ids))}
