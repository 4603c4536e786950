"""Reading what was used."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, func, or_, select, text

from gateway.usage.domain import Granularity, Span
from gateway.usage.tables import UsageHour
from shared.db import Reader, prepare

_u = UsageHour.__table__.c  # type: ignore[attr-defined]
_SUMS = tuple(
    func.sum(column).cast(_u.calls.type).label(column.key)
    for column in (_u.calls, _u.client_errors, _u.server_errors, _u.limited)
)
_WITHIN = (_u.hour >= bindparam("begin"), _u.hour < bindparam("end"))


def _periods(granularity: Granularity) -> Any:
    period = func.date_trunc(text(f"'{granularity}'"), _u.hour, text("'UTC'")).label("begins_at")
    statement = select(period, *_SUMS).where(_u.credential == bindparam("credential"), *_WITHIN)
    return prepare(statement.group_by(period).order_by(period))


_PERIODS = {"hour": _periods("hour"), "day": _periods("day")}
_LAST = prepare(
    select(_u.last_at)
    .where(_u.credential == bindparam("credential"), _u.last_at.is_not(None))
    .order_by(_u.hour.desc())
    .limit(1)
)
_kind = bindparam("kind", type_=Text)
_MOST = prepare(
    select(_u.credential, _u.kind, *_SUMS, func.max(_u.last_at).label("last_used_at"))
    .where(or_(_kind.is_(None), _u.kind == _kind), *_WITHIN)
    .group_by(_u.credential, _u.kind)
    .order_by(func.sum(_u.calls).desc(), _u.credential)
    .limit(bindparam("most"))
)


async def periods(
    db: Reader, credential: UUID, asked: Span, granularity: Granularity
) -> list[dict[str, Any]]:
    """The periods in which the credential did something, in order."""
    rows = await db.rows(_PERIODS[granularity], credential=credential, begin=asked.begin, end=asked.end)
    return [dict(row) for row in rows]


async def last_used(db: Reader, credential: UUID) -> datetime | None:
    """When the credential last called."""
    found: datetime | None = await db.value(_LAST, credential=credential)
    return found


async def by_credential(db: Reader, asked: Span, *, kind: str | None, most: int) -> list[dict[str, Any]]:
    """Who did something, by calls."""
    rows = await db.rows(_MOST, begin=asked.begin, end=asked.end, kind=kind, most=most)
    return [dict(row) for row in rows]
