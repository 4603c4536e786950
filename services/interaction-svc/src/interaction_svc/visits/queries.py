"""Every SELECT over visits, for reading and for loading to change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, exists, func, literal_column, or_, select, text

from interaction_svc.staff.tables import StaffRef
from interaction_svc.tiers.tables import CustomerTier
from interaction_svc.visit_rules.queries import RULE
from interaction_svc.visits.tables import Visit, VisitStep
from shared.db import Reader, Record, Tx, in_sight, in_sight_with, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

_T: Any = Visit.__table__  # type: ignore[attr-defined]
_S: Any = VisitStep.__table__  # type: ignore[attr-defined]
_staff: Any = StaffRef.__table__  # type: ignore[attr-defined]
_tier: Any = CustomerTier.__table__  # type: ignore[attr-defined]
_other = _T.alias("other")
SIGHT = through_customer(_T, _T.c.assignee_id)
_NONE: Any = literal_column("0")

_within = func.make_interval(_NONE, _NONE, _NONE, RULE.c.every_days)
_senior_came = exists(
    select(_other.c.id)
    .join(_staff, _staff.c.id == any_(_other.c.staff_ids))
    .where(
        _other.c.customer_id == _T.c.customer_id,
        _other.c.status.in_((literal_column("'planned'"), literal_column("'done'"))),
        _other.c.starts_at <= _T.c.starts_at,
        _other.c.starts_at > _T.c.starts_at - _within,
        or_(_staff.c.active, _other.c.status == literal_column("'done'")),
        _staff.c.roles.op("&&")(RULE.c.senior_roles),
    )
    .correlate(_T, RULE)
)
_missing = (_T.c.status == literal_column("'planned'")) & exists(
    select(_tier.c.customer_id)
    .join(RULE, _tier.c.tier == any_(RULE.c.tiers))
    .where(_tier.c.customer_id == _T.c.customer_id, ~_senior_came)
    .correlate(_T)
)
"""A planned visit to a customer of a tier of the rule, up to which nobody senior came for too long."""

_this = _T.c.id == bindparam("b_id", type_=Uuid)
_shown = select(_T, _missing.label("senior_missing"))
_ONE = prepare(_shown.where(_this, in_sight(SIGHT)))
_MISSING = prepare(select(_missing).where(_this))
_LOCKED = prepare(select(_T).where(_this, in_sight(SIGHT)).with_for_update())
# As text, not as an argument: a generic plan can use the partial index only if it sees the value.
_OVERDUE = prepare(
    select(_T)
    .where(text("visit.status = 'planned'"), _T.c.ends_at <= bindparam("b_before"))
    .order_by(_T.c.ends_at)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_STEPS = prepare(
    select(_S)
    .where(_S.c.visit_id == bindparam("b_id", type_=Uuid), in_sight_with(SIGHT, _T.c.id == _S.c.visit_id))
    .order_by(_S.c.version)
)
_LIST = Listing(
    _shown,
    key=_T.c.id,
    sorts={"starts_at": _T.c.starts_at, "created_at": _T.c.created_at},
    default="starts_at",
    filters={
        "customer_id": kept_by(_T.c.customer_id),
        "assignee_id": lambda v: _T.c.assignee_id == v,
        "status": lambda v: _T.c.status == v,
        "series_id": lambda v: _T.c.series_id == v,
        "senior_missing": lambda v: _missing if v else ~_missing,
        "starts_at_gte": lambda v: _T.c.starts_at >= v,
        "starts_at_lt": lambda v: _T.c.starts_at < v,
    },
)


async def visit(reader: Reader, visit_id: UUID) -> dict[str, Any]:
    """One visit in sight, or 404."""
    return shown(_found(await reader.row(_ONE, b_id=visit_id, **sight(reader.scope))))


async def visit_to_change(tx: Tx, visit_id: UUID) -> dict[str, Any]:
    """One visit in sight, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=visit_id, **sight(tx.scope))))


async def as_it_stands(tx: Tx, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that was just written, as it is answered."""
    return shown({**row, "senior_missing": await tx.value(_MISSING, b_id=row["id"])})


async def steps(reader: Reader, visit_id: UUID) -> list[dict[str, Any]]:
    """The history of one visit, oldest first, or 404."""
    rows = await reader.rows(_STEPS, b_id=visit_id, **sight(reader.scope))
    if not rows:
        raise not_found("visit", "拜访")
    return [dict(row) for row in rows]


async def overdue(tx: Tx, *, before: datetime, most: int) -> list[dict[str, Any]]:
    """Up to `most` planned visits that ended before, locked; what others hold is left out."""
    return [dict(row) for row in await tx.rows(_OVERDUE, b_before=before, b_most=most)]


async def visits(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the visits in sight."""
    page = await _LIST.page(reader, query, sealer, where=visible(reader.scope, SIGHT))
    return {**page, "data": [shown(row) for row in page["data"]]}


def shown(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """A row as it is answered, but for the words of its warnings."""
    found = dict(row)
    if found["check_in"] is not None:
        found["check_in"] |= {"at": found["checked_in_at"], "by": found["checked_in_by"]}
    return {**found, "late": found["missed_at"] is not None}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("visit", "拜访")
    return row
