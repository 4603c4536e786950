"""Reading sales history."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    literal,
    select,
    true,
)

from customer_svc.customers import queries as customers
from customer_svc.orders.schemas import CustomerOrderQuery, OrderQuery
from customer_svc.orders.tables import Order, OrderLine
from shared.db import Prepared, Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing, ListQuery
from shared.problems import NotFound, not_found
from shared.references import kept_by
from shared.sealing import Sealer

_t = Order.__table__  # type: ignore[attr-defined]
_l = OrderLine.__table__  # type: ignore[attr-defined]
SIGHT = customers.through_customer(_t)
STATUS = case((_t.c.voided_at.is_(None), literal("recorded")), else_=literal("voided"))
_READ = [*(column for column in _t.c if column.key != "fingerprint"), STATUS.label("status")]
_ONE = prepare(select(*_READ).where(_t.c.id == bindparam("b_id"), in_sight(SIGHT)))
_LINES = prepare(select(_l).where(_l.c.order_id == bindparam("b_id")).order_by(_l.c.position))
_keys = (bindparam("channels", type_=ARRAY(String)), bindparam("order_nos", type_=ARRAY(String)))
_key = func.unnest(*_keys).table_valued("channel", "order_no", name="key").render_derived()
_stored = (
    select(
        _t.c.id,
        _t.c.channel,
        _t.c.order_no,
        _t.c.kind,
        _t.c.customer_id,
        _t.c.distributor_id,
        _t.c.fingerprint,
    )
    .join(_key, (_t.c.channel == _key.c.channel) & (_t.c.order_no == _key.c.order_no))
    .where(_t.c.voided_at.is_(None), in_sight(SIGHT))
)
_STORED = prepare(_stored)
_HELD_STILL = prepare(_stored.order_by(_t.c.id).with_for_update(read=True, of=_t))
_ids: Any = bindparam("ids", type_=ARRAY(Uuid))
_FOR_UPDATE = prepare(
    select(*_READ).where(_t.c.id == any_(_ids), in_sight(SIGHT)).order_by(_t.c.id).with_for_update(of=_t)
)
_return = _t.alias("return")
_RETURNS = prepare(
    select(_t.c.id, _return.c.id.label("return_id"))
    .join(
        _return,
        (_return.c.channel == _t.c.channel)
        & (_return.c.return_of == _t.c.order_no)
        & (_return.c.customer_id == _t.c.customer_id),
    )
    .where(_t.c.id == any_(_ids), _t.c.kind == "sale", _return.c.voided_at.is_(None))
)


def _sum(kind: str) -> Any:
    return func.coalesce(func.sum(_t.c.amount_minor).filter(_t.c.kind == kind), 0)


def _number(kind: str) -> Any:
    return func.count().filter(_t.c.kind == kind)


_SUMMARY = prepare(
    select(
        _t.c.currency,
        _number("sale").label("sale_count"),
        _number("return").label("return_count"),
        _sum("sale").label("sales_minor"),
        _sum("return").label("returns_minor"),
        func.min(_t.c.ordered_at).label("first_at"),
        func.max(_t.c.ordered_at).label("last_at"),
    )
    .where(_t.c.customer_id == bindparam("b_customer_id"), _t.c.voided_at.is_(None), in_sight(SIGHT))
    .group_by(_t.c.currency)
    .order_by(_t.c.currency)
)


_STANDING: Mapping[str, ColumnElement[bool]] = {
    "recorded": _t.c.voided_at.is_(None),
    "voided": _t.c.voided_at.is_not(None),
    "all": true(),
}


def _equal(name: str) -> Any:
    return lambda value: _t.c[name] == value


_LIST = Listing(
    select(*_READ),
    key=_t.c.id,
    sorts={"ordered_at": _t.c.ordered_at},
    default="-ordered_at",
    filters={
        **{name: _equal(name) for name in ("distributor_id", "channel", "order_no", "kind", "currency")},
        "customer_id": kept_by(_t.c.customer_id),
        "ordered_at_gte": lambda moment: _t.c.ordered_at >= moment,
        "ordered_at_lt": lambda moment: _t.c.ordered_at < moment,
        "status": lambda status: _STANDING[status],
    },
)


def _money(row: Record | dict[str, Any], currency: str) -> dict[str, Any] | None:
    minor = row["amount_minor"]
    return None if minor is None else {"amount_minor": minor, "currency": currency}


def _brief(row: Record | dict[str, Any]) -> dict[str, Any]:
    return {**row, "amount": _money(row, row["currency"])}


def absent() -> NotFound:
    """The one answer to an order that is absent or out of sight."""
    return not_found("order", "订单")


async def order(db: Reader, order_id: UUID) -> dict[str, Any]:
    """One order with its lines; NotFound if there is none in sight."""
    row = await db.row(_ONE, b_id=order_id, **sight(db.scope))
    if row is None:
        raise absent()
    lines = await db.rows(_LINES, b_id=order_id)
    return {
        **_brief(row),
        "lines": [{**line, "amount": _money(line, row["currency"])} for line in lines],
    }


async def stored(db: Reader, names: Iterable[tuple[str, str]]) -> list[Record]:
    """The orders in sight that have these (channel, order number); several sellers may have the same.

    Voided ones are none of them: their numbers are free.
    """
    return await _named(db, _STORED, names)


async def held_still(tx: Tx, names: Iterable[tuple[str, str]]) -> list[Record]:
    """As `stored`; none of them is voided until the transaction ends."""
    return await _named(tx, _HELD_STILL, names)


async def _named(db: Reader, statement: Prepared, names: Iterable[tuple[str, str]]) -> list[Record]:
    wanted = sorted(set(names))
    if not wanted:
        return []
    channels, order_nos = zip(*wanted, strict=True)
    return await db.rows(statement, channels=channels, order_nos=order_nos, **sight(db.scope))


async def orders_for_update(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Those of these orders that are in sight, voided ones too, locked until the transaction ends."""
    rows = await tx.rows(_FOR_UPDATE, ids=sorted(ids), **sight(tx.scope))
    return {row["id"]: row for row in rows}


async def returns_of(db: Reader, ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The returns that refer to these sales and are not voided; by sale, of those that have any."""
    found: dict[UUID, set[UUID]] = {}
    for row in await db.rows(_RETURNS, ids=sorted(ids)):
        found.setdefault(row["id"], set()).add(row["return_id"])
    return found


async def _page(db: Reader, query: ListQuery, sealer: Sealer, where: Sequence[Any]) -> dict[str, Any]:
    conditions = [*where, *visible(db.scope, SIGHT)]
    page = await _LIST.page(db, query, sealer, where=conditions)
    return {**page, "data": [_brief(row) for row in page["data"]]}


async def orders(db: Reader, query: OrderQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all orders in sight."""
    return await _page(db, query, sealer, [])


async def chosen(_db: Reader, query: OrderQuery, _sealer: Sealer) -> list[ColumnElement[bool]]:
    """What the filters of the list ask of an order."""
    return _LIST.conditions(query)


async def orders_of(
    db: Reader, customer_id: UUID, query: CustomerOrderQuery, sealer: Sealer
) -> dict[str, Any]:
    """One page of a customer's orders; NotFound if the customer is out of sight."""
    await customers.customer(db, customer_id, archived=True)
    return await _page(db, query, sealer, [_t.c.customer_id == customer_id])


async def summary(db: Reader, customer_id: UUID) -> dict[str, Any]:
    """Counts, first and last time, and sums by currency; NotFound if the customer is out of sight."""
    await customers.customer(db, customer_id, archived=True)
    rows = await db.rows(_SUMMARY, b_customer_id=customer_id, **sight(db.scope))
    return {
        "customer_id": customer_id,
        "sale_count": sum(row["sale_count"] for row in rows),
        "return_count": sum(row["return_count"] for row in rows),
        "first_ordered_at": min((row["first_at"] for row in rows), default=None),
        "last_ordered_at": max((row["last_at"] for row in rows), default=None),
        "totals": [{**row, "net_minor": row["sales_minor"] - row["returns_minor"]} for row in rows],
    }
