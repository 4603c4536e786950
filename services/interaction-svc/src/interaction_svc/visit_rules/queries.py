"""Reading the rule."""

from typing import Any

from sqlalchemy import select

from interaction_svc.visit_rules.domain import EVERY_DAYS, SENIOR
from interaction_svc.visit_rules.tables import VisitRule
from shared.db import Reader, prepare

RULE: Any = VisitRule.__table__  # type: ignore[attr-defined]
_RULE = prepare(select(RULE))
_UNSET: dict[str, Any] = {
    "tiers": [],
    "senior_roles": list(SENIOR),
    "every_days": EVERY_DAYS,
    "version": 0,
    "updated_at": None,
    "updated_by": None,
}


async def rule(reader: Reader) -> dict[str, Any]:
    """The rule as it was set last; without tiers and at version 0 while nobody has."""
    row = await reader.row(_RULE)
    return dict(_UNSET) if row is None else dict(row)
