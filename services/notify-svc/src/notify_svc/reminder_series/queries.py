"""Every SELECT of series of reminders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Uuid, bindparam, or_, select

from notify_svc.reminders.queries import REMINDER, SCHEDULED, SERIES
from shared.auth import Principal
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

SIGHT = through_customer(SERIES, SERIES.c.assignee_id, SERIES.c.created_by)
_MINE = or_(
    bindparam("sees_all", type_=Boolean),
    SERIES.c.assignee_id == bindparam("person", type_=Uuid),
    SERIES.c.created_by == bindparam("person", type_=Uuid),
)
_one = select(SERIES).where(SERIES.c.id == bindparam("id", type_=Uuid), _MINE, in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_of_series = REMINDER.c.series_id == bindparam("series", type_=Uuid)
_TO_COME = prepare(
    select(REMINDER)
    .where(_of_series, SCHEDULED, REMINDER.c.local_time == REMINDER.c.occurs_at_local)
    .order_by(REMINDER.c.id)
    .with_for_update()
)
_TAKEN = prepare(
    select(REMINDER.c.occurs_at_local).where(
        _of_series, REMINDER.c.occurs_at_local >= bindparam("since", type_=DateTime(timezone=False))
    )
)
_LIST = Listing(
    select(SERIES),
    key=SERIES.c.id,
    sorts={"created_at": SERIES.c.created_at},
    default="-created_at",
    filters={
        "assignee_id": lambda value: SERIES.c.assignee_id == value,
        "customer_id": kept_by(SERIES.c.customer_id),
        "ended": lambda ended: SERIES.c.ended_at.is_not(None) if ended else SERIES.c.ended_at.is_(None),
    },
)


def _asked(series_id: UUID, caller: Principal, reader: Reader) -> dict[str, Any]:
    everything = caller.may("reminders:all")
    return {"id": series_id, "person": caller.id, "sees_all": everything, **sight(reader.scope)}


def _seen(found: Record | None) -> Record:
    if found is None:
        raise not_found("series of reminders", "周期提醒")
    return found


async def series_page(
    reader: Reader, query: ListQuery, sealer: Sealer, *, caller: Principal
) -> dict[str, Any]:
    """One page of the series that the caller may see: their own, those they made, or all."""
    where = [*visible(reader.scope, SIGHT)]
    if not caller.may("reminders:all"):
        where.append(or_(SERIES.c.assignee_id == caller.id, SERIES.c.created_by == caller.id))
    return await _LIST.page(reader, query, sealer, where=where)


async def series(reader: Reader, series_id: UUID, *, caller: Principal) -> Record:
    """One series; NotFound unless the caller may see it."""
    return _seen(await reader.row(_ONE, **_asked(series_id, caller, reader)))


async def series_for_update(tx: Tx, series_id: UUID, *, caller: Principal) -> Record:
    """One series, locked; NotFound unless the caller may see it."""
    return _seen(await tx.row(_ONE_FOR_UPDATE, **_asked(series_id, caller, tx)))


async def to_come(tx: Tx, series_id: UUID) -> list[Record]:
    """The scheduled reminders of a series that nobody moved, locked."""
    return await tx.rows(_TO_COME, series=series_id)


async def taken(tx: Tx, series_id: UUID, *, since: datetime) -> set[datetime]:
    """The times, from this one on, for which a series made a reminder, whatever became of it."""
    return {row["occurs_at_local"] for row in await tx.rows(_TAKEN, series=series_id, since=since)}
