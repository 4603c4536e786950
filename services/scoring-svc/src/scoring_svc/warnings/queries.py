"""Warnings read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, cast, exists, func, literal_column, or_, select

from scoring_svc.warnings.tables import ChurnWarning, WarningStep
from scoring_svc.warnings.transitions import CARRIED
from shared.db import Reader, Record, Tx, any_of, prepare, visible
from shared.http import Listing
from shared.references import kept_by, through_customer

_T: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_S: Any = WarningStep.__table__  # type: ignore[attr-defined]
_live = (_T.c.status != literal_column("'closed'")) & (_T.c.customer_id == any_of("customers"))
_LIVE = prepare(select(_T).where(_live).order_by(_T.c.id).with_for_update())
ANY_LIVE = exists(select(_T.c.id).where(_live))
"""Whether any of `customers` is warned about."""
_names = func.unnest(bindparam("owners", type_=ARRAY(Uuid))).column_valued("owner")
_keys = select(func.hashtextextended(cast(_names, Text), 1).label("key")).order_by("key").subquery()
_TAKE_TURNS = prepare(select(func.pg_advisory_xact_lock(_keys.c.key)))
_CARRIED = prepare(
    select(_T.c.owner_id, func.count().label("count"))
    .where(
        _T.c.owner_id == func.any(bindparam("owners", type_=ARRAY(Uuid))),
        _T.c.status != "waiting",
        _T.c.status != "closed",
    )
    .group_by(_T.c.owner_id)
)
_NEXT = prepare(
    select(_T)
    .where(_T.c.owner_id == bindparam("b_owner", type_=Uuid), _T.c.status == "waiting")
    .order_by(_T.c.at_risk_minor.desc(), _T.c.id.desc())
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_WAITED_FOR = prepare(select(_T.c.owner_id).where(_T.c.status == "waiting").distinct())
SIGHT = through_customer(_T)
WARNINGS = Listing(
    select(_T),
    key=_T.c.id,
    sorts={
        "opened_at": _T.c.opened_at,
        "contributed_52": _T.c.contributed_52_minor,
        "value_at_risk": _T.c.at_risk_minor,
        "due_at": _T.c.due_at,
    },
    default="-opened_at",
    filters={
        "status": lambda value: _T.c.status == value,
        "level": lambda value: _T.c.level == value,
        "outcome": lambda value: _T.c.outcome == value,
        "reason": lambda value: _T.c.leading_reason == value,
        "owner_id": lambda value: _T.c.owner_id == value,
        "customer_id": kept_by(_T.c.customer_id),
        "overdue": lambda value: _overdue() if value else ~_overdue(),
    },
)
STEPS = Listing(select(_S), key=_S.c.id, sorts={"done_at": _S.c.done_at}, default="done_at", filters={})


def _overdue() -> Any:
    return (_T.c.status != "closed") & (_T.c.due_at < func.now())


async def live(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, Record]:
    """The warnings of these customers that are not closed, locked."""
    rows = await tx.rows(_LIVE, customers=list(customers))
    return {row["customer_id"]: row for row in rows}


async def one(reader: Reader, warning_id: UUID) -> Record | None:
    """A warning in sight."""
    return await reader.row(_seen(reader, warning_id))


async def for_update(tx: Tx, warning_id: UUID) -> Record | None:
    """A warning in sight, locked."""
    return await tx.row(_seen(tx, warning_id).with_for_update())


def _seen(reader: Reader, warning_id: UUID) -> Any:
    return select(_T).where(_T.c.id == warning_id, *visible(reader.scope, SIGHT))


def steps_of(warning_id: UUID) -> list[Any]:
    """The condition of one warning's course."""
    return [_S.c.warning_id == warning_id]


async def carried(tx: Tx, owners: Iterable[UUID]) -> dict[UUID, int]:
    """How many warnings these owners carry; until the transaction ends nobody else gives them one."""
    chosen = sorted(set(owners))
    await tx.rows(_TAKE_TURNS, owners=chosen)
    return {row["owner_id"]: row["count"] for row in await tx.rows(_CARRIED, owners=chosen)}


async def most_valuable(tx: Tx, owner_id: UUID, most: int) -> list[Record]:
    """Up to so many warnings that wait for this owner, those with most at risk first, locked."""
    return await tx.rows(_NEXT, b_owner=owner_id, b_most=most)


async def waited_for(reader: Reader) -> list[UUID]:
    """Owners for whom warnings wait."""
    return sorted(row["owner_id"] for row in await reader.rows(_WAITED_FOR))


async def loads(reader: Reader, now: datetime, owner_id: UUID | None, *, most: int) -> list[Record]:
    """By owner and currency: warnings in sight that are not closed, how many are late, what is at risk."""
    statement = (
        select(
            _T.c.owner_id,
            _T.c.currency,
            *(func.count().filter(_T.c.status == status).label(status) for status in ("waiting", *CARRIED)),
            func.count().filter(_T.c.due_at < now).label("overdue"),
            func.sum(_T.c.at_risk_minor).label("at_risk_minor"),
        )
        .where(
            _T.c.status != "closed",
            or_(_T.c.owner_id == owner_id, bindparam("b_all", owner_id is None)),
            *visible(reader.scope, SIGHT),
        )
        .group_by(_T.c.owner_id, _T.c.currency)
        .order_by(func.sum(_T.c.at_risk_minor).desc(), _T.c.owner_id)
        .limit(most)
    )
    return await reader.rows(statement)
