"""Facts written down once each, whatever order or number of times they are told in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow
from shared.db import Prepared, Tx, prepare
from shared.events.customer import OrderFact

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_C: Any = ContactRow.__table__  # type: ignore[attr-defined]
_P: Any = ComplaintRow.__table__  # type: ignore[attr-defined]

_ORDER_TYPES: dict[str, Any] = {
    "order_id": Uuid,
    "customer_id": Uuid,
    "ordered_at": DateTime(timezone=True),
    "amount_minor": BigInteger,
    "currency": Text,
    "is_return": Boolean,
    "voided": Boolean,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _ORDER_TYPES.items()))
    .table_valued(*_ORDER_TYPES, name="given")
    .render_derived()
)
_told = insert(_O).from_select([*_ORDER_TYPES], select(*_given.c).order_by(_given.c.order_id))
_ADD_ORDERS = prepare(_told.on_conflict_do_nothing(index_elements=["order_id"]).returning(_O.c.customer_id))
_VOID_ORDERS = prepare(
    _told.on_conflict_do_update(
        index_elements=["order_id"], set_={"voided": _told.excluded.voided}, where=~_O.c.voided
    ).returning(_O.c.customer_id)
)
_ADD_CONTACT = prepare(insert(_C).on_conflict_do_nothing(index_elements=["interaction_id"]), *_C.c.keys())
_new_complaint = insert(_P)
_KEEP_COMPLAINT = prepare(
    _new_complaint.on_conflict_do_update(
        index_elements=["complaint_id"],
        set_={name: _new_complaint.excluded[name] for name in ("severity", "resolved_at", "version")},
        where=_P.c.version < _new_complaint.excluded.version,
    ),
    *_P.c.keys(),
)


async def add_orders(tx: Tx, orders: Sequence[OrderFact]) -> list[UUID]:
    """Write down orders that are new; the customers that they belong to."""
    return await _told_of(tx, _ADD_ORDERS, orders, voided=False)


async def void_orders(tx: Tx, orders: Sequence[OrderFact]) -> list[UUID]:
    """Count these orders no more, also when they are only told of later; the customers of those that counted.

    One that is not known yet is written down as voided: both ways meet at its row, whichever comes first.
    """
    return await _told_of(tx, _VOID_ORDERS, orders, voided=True)


async def _told_of(tx: Tx, statement: Prepared, orders: Sequence[OrderFact], *, voided: bool) -> list[UUID]:
    columns: dict[str, list[Any]] = {f"b_{name}": [] for name in _ORDER_TYPES}
    for order in orders:
        columns["b_order_id"].append(order.order_id)
        columns["b_customer_id"].append(order.customer_id)
        columns["b_ordered_at"].append(order.ordered_at)
        columns["b_amount_minor"].append(abs(order.amount_minor))
        columns["b_currency"].append(order.currency)
        columns["b_is_return"].append(order.kind == "return")
        columns["b_voided"].append(voided)
    rows = await tx.rows(statement, **columns)
    return sorted({row["customer_id"] for row in rows})


async def add_contact(
    tx: Tx, interaction_id: UUID, *, customer_id: UUID, occurred_at: datetime, direction: str
) -> bool:
    """Write down a contact; whether it is new."""
    return bool(
        await tx.run(
            _ADD_CONTACT,
            interaction_id=interaction_id,
            customer_id=customer_id,
            occurred_at=occurred_at,
            direction=direction,
        )
    )


async def keep_complaint(tx: Tx, complaint: ComplaintRow) -> bool:
    """Write down where a complaint stands unless something newer is known; whether that changed anything."""
    return bool(await tx.run(_KEEP_COMPLAINT, **complaint.model_dump()))
