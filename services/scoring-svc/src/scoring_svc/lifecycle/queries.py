"""Stages and declarations read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Integer, Uuid, bindparam, case, cast, exists, func, or_, select, true

from scoring_svc.facts.tables import OrderRow
from scoring_svc.lifecycle.tables import LossDeclaration, StageRow
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.references.tables import KNOWN as _R
from shared.references.tables import SIGHT as KNOWN_SIGHT

_T: Any = StageRow.__table__  # type: ignore[attr-defined]
_D: Any = LossDeclaration.__table__  # type: ignore[attr-defined]
_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_MEDIAN = 0.5
_DAYS_A_WEEK = 7.0

_own = select(_D.c.customer_id.label("root"), _D.c.customer_id.label("id")).where(
    _D.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid))), _D.c.ended_at.is_(None)
)
_declared = _own.cte("family", recursive=True)
_family = _declared.union(select(_declared.c.root, _R.c.id).join(_R, _R.c.merged_into == _declared.c.id))
_ordered = exists(
    select(_O.c.order_id)
    .join(_family, _family.c.id == _O.c.customer_id)
    .where(
        _family.c.root == _D.c.customer_id,
        ~_O.c.voided,
        ~_O.c.is_return,
        _O.c.ordered_at > _D.c.declared_at,
    )
)
_DECLARED = prepare(
    select(_D.c.id, _D.c.customer_id, _ordered.label("ordered"))
    .where(_D.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid))), _D.c.ended_at.is_(None))
    .order_by(_D.c.id)
)
ANY_DECLARED = exists(select(_D.c.id).where(_D.c.ended_at.is_(None)))
"""Whether anybody at all is declared lost."""
_OF_CUSTOMER = select(_D).where(_D.c.customer_id == bindparam("b_id", type_=Uuid), _D.c.ended_at.is_(None))
_ONE = prepare(_OF_CUSTOMER)
_ONE_LOCKED = prepare(_OF_CUSTOMER.with_for_update())
_LOCKED = prepare(
    select(_R.c.id)
    .where(_R.c.id == bindparam("b_id", type_=Uuid), in_sight(KNOWN_SIGHT))
    .with_for_update(of=_R, read=True)
)
STAGES = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"decided_at": _T.c.decided_at},
    default="-decided_at",
    filters={"merged": lambda _value: true()},
)


def stages_of(customer_id: UUID, *, merged: bool) -> list[Any]:
    """The conditions of one customer's stages; with `merged` also of those that were merged into it."""
    if not merged:
        return [_T.c.customer_id == customer_id]
    known = select(_R.c.id).where(_R.c.id == customer_id).cte("known", recursive=True)
    all_of = known.union(select(_R.c.id).join(known, _R.c.merged_into == known.c.id))
    return [_T.c.customer_id.in_(select(all_of.c.id))]


async def is_known(reader: Reader, customer_id: UUID) -> bool:
    """Whether there is such a customer in sight, scored or not."""
    statement = select(_R.c.id).where(_R.c.id == customer_id, *visible(reader.scope, KNOWN_SIGHT))
    return await reader.value(statement) is not None


async def locked(tx: Tx, customer_id: UUID) -> bool:
    """Whether there is such a customer in sight; it is not merged until the transaction ends."""
    return await tx.value(_LOCKED, b_id=customer_id, **sight(tx.scope)) is not None


async def declared(reader: Reader, customers: Sequence[UUID]) -> list[Record]:
    """The declarations that stand for these customers; `ordered`: whether they ordered since.

    Not locked: who withdraws one meanwhile does not wait for a run, and has the customer scored again.
    """
    return await reader.rows(_DECLARED, customers=list(customers))


async def declaration(reader: Reader, customer_id: UUID) -> Record | None:
    """The declaration that stands."""
    return await reader.row(_ONE, b_id=customer_id)


async def declaration_for_update(tx: Tx, customer_id: UUID) -> Record | None:
    """The same, locked."""
    return await tx.row(_ONE_LOCKED, b_id=customer_id)


async def spread(reader: Reader, now: datetime) -> list[Record]:
    """By stage: customers in it now with their median weeks, and the median of the stays that ended."""
    today = cast(now, Date)
    open_now = _T.c.until.is_(None) & ~exists(
        select(_R.c.id).where(_R.c.id == _T.c.customer_id, _R.c.merged_into.is_not(None))
    )
    seen = exists(select(_R.c.id).where(_R.c.id == _T.c.customer_id, *visible(reader.scope, KNOWN_SIGHT)))
    stay = cast(func.coalesce(_T.c.until, today) - _T.c.since, Integer) / _DAYS_A_WEEK
    median = func.percentile_cont(_MEDIAN)
    ended = _T.c.until.is_not(None)
    year = today - 364
    statement = (
        select(
            _T.c.stage,
            func.count().filter(open_now).label("customers"),
            median.within_group(case((open_now, stay))).label("median_weeks"),
            func.count().filter(ended & (_T.c.until >= year)).label("left_52"),
            func.count().filter(_T.c.since >= year).label("entered_52"),
            median.within_group(case((ended, stay))).label("median_weeks_ended"),
        )
        .where(or_(ended, open_now), *([seen] if _limited(reader) else []))
        .group_by(_T.c.stage)
    )
    return await reader.rows(statement)


def _limited(reader: Reader) -> bool:
    return reader.scope.distributors is not None or reader.scope.holders is not None
