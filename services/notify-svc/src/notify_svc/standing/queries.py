"""Every SELECT over standings."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Text, Uuid, bindparam, case, func, or_, select, true

from notify_svc.standing.domain import Quiet, Standing
from notify_svc.standing.tables import StandingFact, StandingRow
from shared.db import Reader, ids, in_sight, prepare, sight
from shared.references import through_customer
from shared.references.tables import KNOWN

STANDING: Any = StandingRow.__table__  # type: ignore[attr-defined]
FACT: Any = StandingFact.__table__  # type: ignore[attr-defined]
_SIGHT = through_customer(STANDING)

_asked = func.unnest(ids("ids")).table_valued("id", name="asked").render_derived()
_merged = KNOWN.alias("merged")
# The walk up is a hundred times as dear as the look whether there is anywhere to go.
_root = case((_merged.c.id.is_(None), _asked.c.id), else_=func.customer_root(_asked.c.id, type_=Uuid))
_now = (
    select(_asked.c.id.label("asked_id"), _root.label("customer_id"))
    .select_from(_asked)
    .outerjoin(_merged, (_merged.c.id == _asked.c.id) & _merged.c.merged_into.is_not(None))
    .subquery("now")
)
_of = FACT.c.customer_id == _now.c.customer_id
_order, _contact = FACT.c.kind == "order", FACT.c.kind == "contact"
_sums = (
    select(
        func.count().filter(_order).label("orders"),
        func.min(FACT.c.at).filter(_order).label("first_order_at"),
        func.max(FACT.c.at).filter(_order).label("last_order_at"),
        func.max(FACT.c.at).filter(_contact).label("last_contact_at"),
        func.count().filter(FACT.c.kind == "complaint").label("open_complaints"),
        (func.count().filter(FACT.c.kind == "objection") > 0).label("objects"),
    )
    .where(_of, FACT.c.holds)
    .correlate(_now)
    .lateral("sums")
)
_SCORED = ("tier", "tier_since", "stage", "stage_since", "churn_level", "churn_since")
_OF = prepare(
    select(
        _now.c.asked_id,
        _now.c.customer_id,
        KNOWN.c.distributor_id,
        KNOWN.c.owner_id,
        KNOWN.c.status,
        *(STANDING.c[name] for name in _SCORED),
        *_sums.c,
    )
    .select_from(_now)
    .join(_sums, true())
    .outerjoin(STANDING, STANDING.c.id == _now.c.customer_id)
    .outerjoin(KNOWN, KNOWN.c.id == _now.c.customer_id)
)
_last = (
    select(func.max(FACT.c.at).label("at"))
    .where(FACT.c.customer_id == STANDING.c.id, _contact, FACT.c.holds)
    .correlate(STANDING)
    .lateral("last")
)
_QUIET = prepare(
    select(STANDING.c.id.label("customer_id"), _last.c.at.label("last_contact_at"))
    .join(_last, true())
    .where(
        STANDING.c.tier == bindparam("b_tier", type_=Text),
        STANDING.c.id > bindparam("b_after", type_=Uuid),
        STANDING.c.origin_id.is_(None),
        or_(_last.c.at.is_(None), _last.c.at < bindparam("b_before", type_=DateTime(timezone=True))),
        ~select(KNOWN.c.id).where(KNOWN.c.id == STANDING.c.id, KNOWN.c.status != "active").exists(),
        in_sight(_SIGHT),
    )
    .order_by(STANDING.c.id)
    .limit(bindparam("b_most", type_=Integer))
)
_FIELDS = tuple(each.name for each in fields(Standing))


async def standing_of(reader: Reader, customer_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Where these customers stand, by the ids that were asked for, merged ones as who they are now.

    One of whom nothing is known has an empty standing.
    """
    if not customer_ids:
        return {}
    rows = await reader.rows(_OF, ids=sorted(set(customer_ids)))
    return {row["asked_id"]: Standing(**{name: row[name] for name in _FIELDS}) for row in rows}


async def quiet_since(reader: Reader, *, tier: str, before: datetime, after: UUID, most: int) -> list[Quiet]:
    """Active customers of a tier without a contact since `before`: the next (`most`) by id behind `after`."""
    asked = {"b_tier": tier, "b_before": before, "b_after": after, "b_most": most}
    rows = await reader.rows(_QUIET, **asked, **sight(reader.scope))
    return [Quiet(row["customer_id"], row["last_contact_at"]) for row in rows]
