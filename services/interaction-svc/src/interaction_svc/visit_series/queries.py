"""Every SELECT over series of visits and what they made."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, or_, select

from interaction_svc.visit_series.tables import VisitSeries
from interaction_svc.visits.tables import Visit
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.references.tables import KNOWN
from shared.sealing import Sealer

_T: Any = VisitSeries.__table__  # type: ignore[attr-defined]
_V: Any = Visit.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_T, _T.c.assignee_id)

_this = _T.c.id == bindparam("b_id", type_=Uuid)
_one = select(_T).where(_this, in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
# Who is told that a customer moved locks it before its series and visits: so does who changes these.
_HOLD = prepare(
    select(KNOWN.c.id).where(KNOWN.c.id == bindparam("b_id", type_=Uuid)).with_for_update(read=True)
)
_of_series = _V.c.series_id == bindparam("b_series", type_=Uuid)
_MADE = prepare(
    select(_V)
    .where(_of_series, _V.c.occurs_on >= bindparam("b_since", type_=Date))
    .order_by(_V.c.id)
    .with_for_update()
)
_TO_COME = prepare(
    select(_V)
    .where(_of_series, _V.c.status == "planned", _V.c.starts_at >= bindparam("b_from"))
    .order_by(_V.c.id)
    .with_for_update()
)
_TO_MAKE = prepare(
    select(_T.c.id, _T.c.customer_id)
    .where(
        _T.c.made_until < bindparam("b_until"),
        or_(_T.c.ends_at.is_(None), _T.c.ends_at > _T.c.made_until),
    )
    .order_by(_T.c.made_until, _T.c.id)
    .limit(bindparam("b_most", type_=Integer))
)
_FREE = prepare(
    select(_T).where(_this, _T.c.made_until < bindparam("b_until")).with_for_update(skip_locked=True)
)
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"created_at": _T.c.created_at},
    default="-created_at",
    filters={
        "customer_id": kept_by(_T.c.customer_id),
        "assignee_id": lambda v: _T.c.assignee_id == v,
        "ended": lambda v: _T.c.ended_at.is_not(None) if v else _T.c.ended_at.is_(None),
    },
)


async def series(reader: Reader, series_id: UUID) -> dict[str, Any]:
    """One series in sight, or 404."""
    return shown(_found(await reader.row(_ONE, b_id=series_id, **sight(reader.scope))))


async def series_to_change(tx: Tx, series_id: UUID) -> dict[str, Any]:
    """One series in sight, locked with its customer until the transaction ends, or 404."""
    seen = await series(tx, series_id)
    await hold_customer(tx, seen["customer_id"])
    return dict(_found(await tx.row(_LOCKED, b_id=series_id, **sight(tx.scope))))


async def hold_customer(tx: Tx, customer_id: UUID) -> None:
    """Have the customer neither move nor be merged until the transaction ends, whoever holds it."""
    async with tx.handing_over():
        await tx.row(_HOLD, b_id=customer_id)


async def made(tx: Tx, series_id: UUID, *, since: date) -> list[dict[str, Any]]:
    """The visits that a series made for this day and later ones, locked."""
    return [dict(row) for row in await tx.rows(_MADE, b_series=series_id, b_since=since)]


async def to_come(tx: Tx, series_id: UUID, *, start: datetime) -> list[dict[str, Any]]:
    """The planned visits of a series that start then or later, locked."""
    return [dict(row) for row in await tx.rows(_TO_COME, b_series=series_id, b_from=start)]


async def to_make(reader: Reader, *, until: datetime, most: int) -> list[Record]:
    """Up to `most` series that have not made all their visits that start before, with their customers."""
    return await reader.rows(_TO_MAKE, b_until=until, b_most=most)


async def free(tx: Tx, series_id: UUID, *, until: datetime) -> dict[str, Any] | None:
    """A series locked for making its visits; None if somebody else is at it, or was."""
    row = await tx.row(_FREE, b_id=series_id, b_until=until)
    return None if row is None else dict(row)


async def all_series(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the series in sight."""
    page = await _LIST.page(reader, query, sealer, where=visible(reader.scope, SIGHT))
    return {**page, "data": [shown(row) for row in page["data"]]}


def shown(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """A row as it is answered."""
    return {**row, "status": "active" if row["ended_at"] is None else "ended"}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("series of visits", "周期拜访")
    return row
