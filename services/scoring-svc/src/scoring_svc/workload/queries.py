"""Reading the rule."""

from typing import Any

from sqlalchemy import select

from scoring_svc.workload.domain import Capacity, capacity
from scoring_svc.workload.tables import WarningCapacity
from shared.db import Reader, prepare

RULE: Any = WarningCapacity.__table__  # type: ignore[attr-defined]
_RULE = prepare(select(RULE))
MOST, OWNERS = (select(RULE.c[name]).scalar_subquery() for name in ("most", "owners"))
_UNSET: dict[str, Any] = {"most": None, "owners": [], "version": 0, "updated_at": None, "updated_by": None}


async def rule(reader: Reader) -> dict[str, Any]:
    """The rule as it was set last; without a limit and at version 0 while nobody has."""
    row = await reader.row(_RULE)
    return dict(_UNSET) if row is None else dict(row)


async def current(reader: Reader) -> Capacity:
    """What owners can carry now."""
    return capacity(await rule(reader))
