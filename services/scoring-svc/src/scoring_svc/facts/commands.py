"""Facts written down once each, whatever order or number of times they are told in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.facts.tables import ComplaintRow, ContactRow, Due, OrderRow
from shared.db import Database, Tx, prepare
from shared.events.customer import OrderFact

DUE_BELL = "due"
SETTLING = timedelta(minutes=10)
"""How long customers of a bulk load wait at most for the run that follows it."""

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_C: Any = ContactRow.__table__  # type: ignore[attr-defined]
_P: Any = ComplaintRow.__table__  # type: ignore[attr-defined]
_D: Any = Due.__table__  # type: ignore[attr-defined]

_ORDER_TYPES: dict[str, Any] = {
    "order_id": Uuid,
    "customer_id": Uuid,
    "ordered_at": DateTime(timezone=True),
    "amount_minor": BigInteger,
    "currency": Text,
    "is_return": Boolean,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _ORDER_TYPES.items()))
    .table_valued(*_ORDER_TYPES, name="given")
    .render_derived()
)
_ADD_ORDERS = prepare(
    insert(_O)
    .from_select([*_ORDER_TYPES], select(*_given.c))
    .on_conflict_do_nothing(index_elements=["order_id"])
    .returning(_O.c.customer_id)
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
_new_due = insert(_D).from_select(
    ["customer_id", "due_at"],
    select(
        func.unnest(bindparam("b_customers", type_=ARRAY(Uuid))),
        bindparam("b_due_at", type_=DateTime(timezone=True)),
    ),
)
_MARK_DUE = prepare(
    _new_due.on_conflict_do_update(
        index_elements=["customer_id"], set_={"due_at": func.least(_D.c.due_at, _new_due.excluded.due_at)}
    )
)
_MARK_SETTLING = prepare(
    _new_due.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={"due_at": func.greatest(_D.c.due_at, _new_due.excluded.due_at)},
    )
)

_RELEASE = prepare(
    update(_D).where(_D.c.due_at > bindparam("b_now", type_=DateTime(timezone=True))), "due_at"
)


async def add_orders(tx: Tx, orders: Sequence[OrderFact]) -> list[UUID]:
    """Write down orders that are new; the customers that they belong to."""
    columns: dict[str, list[Any]] = {f"b_{name}": [] for name in _ORDER_TYPES}
    for order in orders:
        columns["b_order_id"].append(order.order_id)
        columns["b_customer_id"].append(order.customer_id)
        columns["b_ordered_at"].append(order.ordered_at)
        columns["b_amount_minor"].append(abs(order.amount_minor))
        columns["b_currency"].append(order.currency)
        columns["b_is_return"].append(order.kind == "return")
    rows = await tx.rows(_ADD_ORDERS, **columns)
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


async def mark_due(tx: Tx, customers: Iterable[UUID]) -> None:
    """Have these customers scored at once."""
    await _mark(tx, _MARK_DUE, customers, tx.now)


async def mark_settling(tx: Tx, customers: Iterable[UUID]) -> None:
    """Have these customers scored by the run that follows a bulk load, or at last when it does not come."""
    await _mark(tx, _MARK_SETTLING, customers, tx.now + SETTLING)


async def release_settling(database: Database) -> None:
    """Have whoever still waits for the end of a bulk load scored now."""
    async with database.begin() as tx:
        await tx.run(_RELEASE, due_at=tx.now, b_now=tx.now)
        tx.after_commit(database.signal(DUE_BELL).set)


async def _mark(tx: Tx, statement: Any, customers: Iterable[UUID], due_at: datetime) -> None:
    chosen = sorted(set(customers))
    if chosen:
        await tx.run(statement, b_customers=chosen, b_due_at=due_at)
        tx.after_commit(tx.database.signal(DUE_BELL).set)
