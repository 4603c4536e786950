"""Customers that were merged into others: who they are now, and for whom a row was recorded."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, func, select

from shared.db import Reader, Record, in_sight, prepare, sight
from shared.problems import customer_merged
from shared.references.tables import KNOWN, SIGHT

_ROOT = prepare(select(func.customer_root(bindparam("b_id", type_=Uuid), type_=Uuid)))
_MERGED = prepare(
    select(KNOWN.c.id).where(
        KNOWN.c.id == bindparam("b_id", type_=Uuid), KNOWN.c.merged_into.is_not(None), in_sight(SIGHT)
    )
)


async def root(reader: Reader, customer_id: UUID) -> UUID:
    """Who the customer is now: itself, unless it was merged into another one."""
    found: UUID = await reader.value(_ROOT, b_id=customer_id)
    return found


async def check_unmerged(reader: Reader, customer_id: UUID) -> None:
    """Raise Moved if this is a customer in sight that was merged into another one."""
    if await reader.value(_MERGED, b_id=customer_id, **sight(reader.scope)) is not None:
        raise customer_merged(customer_id, await root(reader, customer_id))


def kept_by(column: Any) -> Callable[[UUID], ColumnElement[bool]]:
    """A list's filter by customer: what is kept by the one that it is now."""

    def condition(customer_id: UUID) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column == func.customer_root(customer_id, type_=Uuid)
        return found

    return condition


def recorded_for(row: Mapping[str, Any] | Record) -> Any:
    """The customer that events tell of: for whom the row was recorded, whoever keeps it now."""
    return row["origin_id"] or row["customer_id"]
