"""Overrides read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, DateTime, Integer, Uuid, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from scoring_svc.modelling.tiers import NO_TIER, TIERS, Pins
from scoring_svc.overrides.tables import TierOverride
from shared.db import Reader, Record, Tx, prepare, visible
from shared.http import Listing
from shared.references import kept_by, through_customer
from shared.references.tables import KNOWN as _R
from shared.references.tables import SIGHT as _KNOWN_SIGHT

T: Any = TierOverride.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(T)
_MOMENT = DateTime(timezone=True)
# Of two that met by a merge the newer one counts.
_ACTIVE = prepare(
    select(T)
    .ext(distinct_on(T.c.customer_id))
    .where(
        T.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid))),
        T.c.ended_at.is_(None),
        T.c.expires_at > func.coalesce(bindparam("b_now", type_=_MOMENT), func.now()),
    )
    .order_by(T.c.customer_id, T.c.created_at.desc(), T.c.id)
)
ANY = exists(select(T.c.id).where(T.c.ended_at.is_(None)))
"""Whether anybody at all is pinned."""
_EXPIRED = prepare(
    select(T)
    .where(T.c.ended_at.is_(None), T.c.expires_at <= bindparam("b_now", type_=_MOMENT))
    .order_by(T.c.expires_at, T.c.id)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)


def _active(wanted: Any) -> Any:
    return T.c.ended_at.is_(None) if wanted else T.c.ended_at.is_not(None)


OVERRIDES = Listing(
    select(T),
    key=T.c.id,
    sorts={"created_at": T.c.created_at, "expires_at": T.c.expires_at},
    default="-created_at",
    filters={
        "customer_id": kept_by(T.c.customer_id),
        "tier": lambda value: T.c.tier == value,
        "created_by": lambda value: T.c.created_by == value,
        "active": _active,
    },
)


async def active(
    reader: Reader, customers: Iterable[UUID], now: datetime | None = None
) -> dict[UUID, Record]:
    """The override that holds for each of these customers, of those that have one; at this moment, or now."""
    rows = await reader.rows(_ACTIVE, customers=list(customers), b_now=now)
    return {row["customer_id"]: row for row in rows}


def pins(customers: Sequence[UUID], rows: dict[UUID, Record]) -> Pins:
    """The overrides as the models take them, in the order of these customers."""
    found = [rows.get(customer) for customer in customers]
    return Pins(
        np.array([TIERS.index(row["tier"]) if row else NO_TIER for row in found], dtype=np.int64),
        np.array([row["created_at"].date() if row else None for row in found], dtype="datetime64[D]"),
    )


async def expired(tx: Tx, most: int) -> list[Record]:
    """Up to `most` overrides whose time is over and that were not ended yet, locked."""
    return await tx.rows(_EXPIRED, b_now=tx.now, b_most=most)


async def one(reader: Reader, override_id: UUID) -> Record | None:
    """An override in sight."""
    return await reader.row(_seen(reader, override_id))


async def for_update(tx: Tx, override_id: UUID) -> Record | None:
    """An override in sight, locked."""
    return await tx.row(_seen(tx, override_id).with_for_update())


def _seen(reader: Reader, override_id: UUID) -> Any:
    return select(T).where(T.c.id == override_id, *visible(reader.scope, SIGHT))


async def customer_for_update(tx: Tx, customer_id: UUID) -> Record | None:
    """A customer in sight, locked, so that two who pin it take turns."""
    statement = select(_R.c.id, _R.c.distributor_id).where(
        _R.c.id == customer_id, *visible(tx.scope, _KNOWN_SIGHT)
    )
    return await tx.row(statement.with_for_update())
