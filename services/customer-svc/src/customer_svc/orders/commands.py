"""Recording and voiding sales and returns; an order that is there already is never counted twice."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, update

from customer_svc.batch import Outcome
from customer_svc.orders import domain, queries
from customer_svc.orders.bulk import store_orders
from customer_svc.orders.judging import Judged, judge_orders
from customer_svc.orders.schemas import OrderCreate
from customer_svc.orders.tables import Order
from customer_svc.orders.telling import fact, tell_many, voided_chunk
from shared.db import Tx, prepare
from shared.events.customer import OrderRecorded, OrderReturned, OrderVoided
from shared.messaging import outbox

_t = Order.__table__  # type: ignore[attr-defined]
_ids: Any = bindparam("ids", type_=ARRAY(Uuid))
_VOID = prepare(update(_t).where(_t.c.id == any_(_ids)), "voided_at", "voided_by")


async def record_order(tx: Tx, wanted: OrderCreate) -> tuple[dict[str, Any], bool]:
    """The recorded order and whether it is new; the same order again is the one that is there.

    Raises Conflict if its number is there with other content, Invalid if it cannot be accepted.
    """
    stored = await store_orders(tx, await judge_orders(tx, [wanted]))
    outcome = stored.outcomes[0]
    if outcome.problem is not None:
        raise outcome.problem
    for record in stored.created:
        outbox.record(tx, _told(record))
    return await queries.order(tx, outcome.record_id), bool(stored.created)


async def record_many(tx: Tx, rows: Sequence[OrderCreate]) -> list[Outcome]:
    """Record up to 1000 orders set-wise with one event; an outcome for each row, in order."""
    return await record_judged(tx, await judge_orders(tx, rows), import_id=tx.new_id(), chunk=1)


async def record_judged(tx: Tx, judged: Judged, *, import_id: UUID, chunk: int) -> list[Outcome]:
    """Record up to 1000 orders that were judged a moment ago, as `record_many` does.

    `unchanged` is an order that is there with the same content, `duplicate` one whose number is there with
    other content. `import_id` and `chunk` (from 1) name the event's subject and number.
    """
    stored = await store_orders(tx, judged)
    tell_many(tx, stored.created, import_id=import_id, chunk=chunk)
    return stored.outcomes


async def void_order(tx: Tx, order_id: UUID, *, by: UUID) -> dict[str, Any]:
    """The order, voided: it was never meant, counts nowhere, and its number is free again.

    NotFound if it is out of sight; Conflict if it is voided already, or a sale that a return refers to.
    """
    found = (await queries.orders_for_update(tx, [order_id])).get(order_id)
    if found is None:
        raise queries.absent()
    if found["voided_at"] is not None:
        raise domain.order_voided()
    if await queries.returns_of(tx, [order_id]):
        raise domain.order_returned()
    await tx.run(_VOID, ids=[order_id], voided_at=tx.now, voided_by=by)
    outbox.record(tx, OrderVoided(subject=order_id, version=2, **fact(dict(found))))
    return await queries.order(tx, order_id)


async def void_many(
    tx: Tx, orders: Sequence[Mapping[str, Any]], *, by: UUID, import_id: UUID, chunk: int
) -> None:
    """Void up to 1000 locked orders that were judged before, with one event about the import."""
    if not orders:
        return
    await tx.run(_VOID, ids=[order["id"] for order in orders], voided_at=tx.now, voided_by=by)
    outbox.record(tx, voided_chunk(orders, import_id, chunk))


def _told(record: Mapping[str, Any]) -> OrderRecorded | OrderReturned:
    kind = OrderRecorded if record["kind"] == "sale" else OrderReturned
    return kind(subject=record["id"], version=1, **fact(record))
