"""What other services are told of orders: their worth and the codes of their products, no names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from customer_svc.labels import label, sku
from customer_svc.orders.schemas import OrderLine
from shared.db import Record, Tx
from shared.events.customer import OrdersImported, OrdersVoided
from shared.messaging import outbox

MOST_LINES = 2000
"""How many lines one event tells of, about 200 kB: a thousand orders may have a hundred times as many."""

_SAME = ("customer_id", "ordered_at", "amount_minor", "currency", "channel", "kind", "distributor_id")
_FACT = ("order_id", *_SAME)
_values = itemgetter("id", *_SAME)


def fact(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of an order: whom it was recorded for, whoever keeps it now; its lines if it holds any."""
    told = dict(zip(_FACT, _values(record), strict=True))
    if record["origin_id"] is not None:
        told["customer_id"] = record["origin_id"]
    if lines := record.get("lines"):
        told["lines"] = tuple(map(_line, lines))
    return told


def _line(line: OrderLine | Record) -> dict[str, Any]:
    if isinstance(line, OrderLine):
        amount = None if line.amount is None else line.amount.amount_minor
        return _coded(line.sku, line.category, line.quantity, amount)
    return _coded(line["sku"], line["category"], line["quantity"], line["amount_minor"])


def _coded(code: str | None, category: str | None, quantity: Any, amount_minor: int | None) -> dict[str, Any]:
    return {
        "sku": sku(code),
        "category": label(category),
        "quantity": float(quantity),
        "amount_minor": amount_minor,
    }


def tell_many(tx: Tx, orders: Sequence[Mapping[str, Any]], *, import_id: UUID, chunk: int) -> None:
    """Tell of up to 1000 orders that were just stored, with one event for every `MOST_LINES` lines.

    `import_id` and `chunk` (from 1) are subject and number of the first; others have subjects of their own.
    """
    for place, part in enumerate(parts(orders)):
        subject, number = (tx.new_id(), 1) if place else (import_id, chunk)
        outbox.record(tx, OrdersImported.model_validate(_chunk(part, subject, number)))


def voided_chunk(orders: Iterable[Mapping[str, Any]], import_id: UUID, chunk: int) -> OrdersVoided:
    """What is told of up to 1000 orders that were voided together."""
    return OrdersVoided.model_validate(_chunk(orders, import_id, chunk))


def parts(orders: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The orders in their order, as many together as have `MOST_LINES` lines or fewer."""
    part: list[Mapping[str, Any]] = []
    lines = 0
    for order in orders:
        own = len(order["lines"])
        if part and lines + own > MOST_LINES:
            yield part
            part, lines = [], 0
        part.append(order)
        lines += own
    if part:
        yield part


def _chunk(orders: Iterable[Mapping[str, Any]], subject: UUID, number: int) -> dict[str, Any]:
    told = tuple(map(fact, orders))
    homes = {order["distributor_id"] for order in told}
    return {
        "subject": subject,
        "version": number,
        "distributor_id": homes.pop() if len(homes) == 1 else None,
        "orders": told,
    }
