"""Every SELECT of partners."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Uuid, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from notify_svc.partners.tables import DistributorRef, PartnerKey
from shared.db import Reader, prepare
from shared.db.statements import ids

DISTRIBUTOR = DistributorRef.__table__  # type: ignore[attr-defined]
KEY = PartnerKey.__table__  # type: ignore[attr-defined]

SHUT = ("suspended", "ended", "closed")
"""How a distributor stands that gets nothing any more."""

_home = func.unnest(ids("homes")).table_valued("id", name="home").render_derived()
_below = select(_home.c.id.label("home"), _home.c.id.label("id")).cte("below", recursive=True)
# UNION, not UNION ALL: while two moves arrive in the wrong order the references may hold a ring.
_below = _below.union(
    select(_below.c.home, DISTRIBUTOR.c.id).join(_below, DISTRIBUTOR.c.parent_id == _below.c.id)
)
_SUBTREES = prepare(
    select(_below.c.home, func.array_agg(_below.c.id, type_=ARRAY(Uuid)).label("ids")).group_by(_below.c.home)
)


async def subtrees(reader: Reader, homes: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Each of these distributors with all that stand below it now, itself included."""
    asked = sorted(set(homes))
    if not asked:
        return {}
    rows = await reader.rows(_SUBTREES, homes=asked)
    return {row["home"]: frozenset(row["ids"]) for row in rows}
