"""Facts written down once each, whatever order or number of times they are told in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow, PromiseRow, SurveyRow
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
_CONTACT_TYPES: dict[str, Any] = {
    "interaction_id": Uuid,
    "customer_id": Uuid,
    "occurred_at": DateTime(timezone=True),
    "direction": Text,
    "withdrawn": Boolean,
}


def _told_into(table: Any, types: Mapping[str, Any], key: str) -> Any:
    """An INSERT of facts that are given as arrays, in the order of their ids for all writers."""
    given = (
        func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in types.items()))
        .table_valued(*types, name="given")
        .render_derived()
    )
    return insert(table).from_select([*types], select(*given.c).order_by(given.c[key]))


_told = _told_into(_O, _ORDER_TYPES, "order_id")
_ADD_ORDERS = prepare(_told.on_conflict_do_nothing(index_elements=["order_id"]).returning(_O.c.customer_id))
_VOID_ORDERS = prepare(
    _told.on_conflict_do_update(
        index_elements=["order_id"], set_={"voided": _told.excluded.voided}, where=~_O.c.voided
    ).returning(_O.c.customer_id)
)
_contacts = _told_into(_C, _CONTACT_TYPES, "interaction_id")
_ADD_CONTACTS = prepare(
    _contacts.on_conflict_do_nothing(index_elements=["interaction_id"]).returning(_C.c.customer_id)
)
_WITHDRAW_CONTACTS = prepare(
    _contacts.on_conflict_do_update(
        index_elements=["interaction_id"],
        set_={"withdrawn": _contacts.excluded.withdrawn},
        where=~_C.c.withdrawn,
    ).returning(_C.c.customer_id)
)
# PostgreSQL writes down no one who replaces a row that has just been inserted.
_IS_NEW: Any = literal_column("(xmax = 0)").label("is_new")
_S: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_KEEP_SURVEY = prepare(insert(_S).on_conflict_do_nothing(), *_S.c.keys())
_new_complaint = insert(_P)
_KEEP_COMPLAINT = prepare(
    _new_complaint.on_conflict_do_update(
        index_elements=["complaint_id"],
        set_={
            name: _new_complaint.excluded[name] for name in ("severity", "resolved_at", "merged", "version")
        },
        where=_P.c.version < _new_complaint.excluded.version,
    ).returning(_IS_NEW),
    *_P.c.keys(),
)
_W: Any = PromiseRow.__table__  # type: ignore[attr-defined]
_word = insert(_W)
_first = {
    name: func.least(_W.c[name], _word.excluded[name]) for name in ("made_at", "broken_at", "settled_at")
}
_newer = _W.c.version < _word.excluded.version
_KEEP_PROMISE = prepare(
    _word.on_conflict_do_update(
        index_elements=["promise_id"],
        set_={
            **_first,
            "due_at": case((_newer, _word.excluded.due_at), else_=_W.c.due_at),
            "version": func.greatest(_W.c.version, _word.excluded.version),
        },
        where=or_(_newer, *(_W.c[name].is_distinct_from(first) for name, first in _first.items())),
    ).returning(_W.c.broken_at, _W.c.settled_at, _W.c.due_at, _IS_NEW),
    *_W.c.keys(),
)
_PROMISE_BEFORE = prepare(
    select(_W.c.broken_at, _W.c.settled_at)
    .where(_W.c.promise_id == bindparam("b_promise", type_=Uuid))
    .with_for_update()
)


class News(Enum):
    """What telling of something changed: nothing, or it counts for the first time, or it counts otherwise."""

    NONE = 0
    NEW = 1
    CHANGED = 2


class Contact(NamedTuple):
    """A contact as it was told: inbound (theirs) or outbound (ours)."""

    interaction_id: UUID
    customer_id: UUID
    occurred_at: datetime
    direction: str


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


async def add_contacts(tx: Tx, contacts: Iterable[Contact]) -> list[UUID]:
    """Write down contacts that are new; the customers that they belong to."""
    return await _contacts_told(tx, _ADD_CONTACTS, contacts, withdrawn=False)


async def withdraw_contacts(tx: Tx, contacts: Iterable[Contact]) -> list[UUID]:
    """Count these contacts no more, as `void_orders` does; the customers of those that counted."""
    return await _contacts_told(tx, _WITHDRAW_CONTACTS, contacts, withdrawn=True)


async def _contacts_told(
    tx: Tx, statement: Prepared, contacts: Iterable[Contact], *, withdrawn: bool
) -> list[UUID]:
    columns: dict[str, list[Any]] = {f"b_{name}": [] for name in _CONTACT_TYPES}
    for contact in contacts:
        for name, value in (*contact._asdict().items(), ("withdrawn", withdrawn)):
            columns[f"b_{name}"].append(value)
    rows = await tx.rows(statement, **columns)
    return sorted({row["customer_id"] for row in rows})


async def keep_complaint(tx: Tx, complaint: ComplaintRow) -> News:
    """Write down where a complaint stands unless something newer is known."""
    row = await tx.row(_KEEP_COMPLAINT, **complaint.model_dump())
    return News.NONE if row is None else News.NEW if row["is_new"] else News.CHANGED


async def keep_survey(tx: Tx, survey: SurveyRow) -> bool:
    """Write down how satisfied a customer was; whether that is news."""
    return bool(await tx.run(_KEEP_SURVEY, **survey.model_dump()))


async def keep_promise(tx: Tx, promise: PromiseRow) -> News:
    """Write down what this tells of a promise beside what is known of it; what that changed of broken ones.

    Each of its times happens once, so that what is known does not depend on the order of telling. It is
    new when this alone tells that it broke; `promise` is then what is known of it.
    """
    before = await tx.row(_PROMISE_BEFORE, b_promise=promise.promise_id)
    now = await tx.row(_KEEP_PROMISE, **promise.model_dump())
    if now is None or now["broken_at"] is None:
        return News.NONE
    first = now["is_new"] or (before is not None and before["broken_at"] is None)
    same = all(now[name] == getattr(promise, name) for name in ("broken_at", "settled_at", "due_at"))
    return News.NEW if first and same else News.CHANGED
