"""Customers and orders as they are now, a chunk behind a position."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, func, select

from customer_svc.customers.tables import Customer
from customer_svc.orders.tables import Order, OrderLine
from shared.db import Reader, prepare

_c: Any = Customer.__table__  # type: ignore[attr-defined]
_o: Any = Order.__table__  # type: ignore[attr-defined]
_l: Any = OrderLine.__table__  # type: ignore[attr-defined]
_TOLD = _c.c.merged_into.is_(None)
"""A merged customer was told to be so: a chunk has no place to say of it who keeps it."""
_COUNTS = prepare(
    select(
        select(func.count()).select_from(_c).where(_TOLD).scalar_subquery()
        + select(func.count()).select_from(_o).where(_o.c.voided_at.is_(None)).scalar_subquery()
    )
)


def _behind(statement: Any, key: Any) -> Any:
    return prepare(
        statement.where(key > bindparam("after", type_=Uuid))
        .order_by(key)
        .limit(bindparam("most", type_=Integer))
    )


_CUSTOMERS = _behind(select(_c).where(_TOLD), _c.c.id)
_ORDERS = _behind(select(_o).where(_o.c.voided_at.is_(None)), _o.c.id)
_LINES = prepare(
    select(_l)
    .where(_l.c.order_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(_l.c.order_id, _l.c.position)
)


async def how_many(db: Reader) -> int:
    """How many customers and orders there are to tell of."""
    return int(await db.value(_COUNTS))


async def customers_behind(db: Reader, after: UUID, most: int) -> list[dict[str, Any]]:
    """The next customers by id, without those that were merged into others."""
    return [dict(row) for row in await db.rows(_CUSTOMERS, after=after, most=most)]


async def orders_behind(db: Reader, after: UUID, most: int) -> list[dict[str, Any]]:
    """The next orders by id that were not voided, each with its `lines`."""
    orders = {row["id"]: {**row, "lines": []} for row in await db.rows(_ORDERS, after=after, most=most)}
    for line in await db.rows(_LINES, ids=list(orders)) if orders else ():
        orders[line["order_id"]]["lines"].append(line)
    return list(orders.values())
