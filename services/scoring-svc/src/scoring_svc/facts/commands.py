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
    Float,
    SmallInteger,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert

from scoring_svc.facts import changes
from scoring_svc.facts.tables import (
    PARTS,
    ComplaintRow,
    ContactRow,
    OrderLineRow,
    OrderRow,
    PromiseRow,
    SurveyRow,
)
from scoring_svc.profiles.tables import CustomerProfile
from shared.db import Prepared, Record, Tx, prepare
from shared.events.customer import OrderFact

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_L: Any = OrderLineRow.__table__  # type: ignore[attr-defined]
_F: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
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
    "channel": Text,
}
_LINE_TYPES: dict[str, Any] = {
    "order_id": Uuid,
    "position": SmallInteger,
    "customer_id": Uuid,
    "sku": Text,
    "category": Text,
    "quantity": Float,
    "amount_minor": BigInteger,
}
_CONTACT_TYPES: dict[str, Any] = {
    "interaction_id": Uuid,
    "customer_id": Uuid,
    "occurred_at": DateTime(timezone=True),
    "direction": Text,
    "withdrawn": Boolean,
}


def _told_into(table: Any, types: Mapping[str, Any], *key: str) -> Any:
    """An INSERT of facts that are given as arrays, each once, in the order of their keys for all writers."""
    given = (
        func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in types.items()))
        .table_valued(*types, name="given")
        .render_derived()
    )
    keys = [given.c[name] for name in key]
    return insert(table).from_select([*types], select(*given.c).ext(distinct_on(*keys)).order_by(*keys))


# PostgreSQL writes down no one who replaces a row that has just been inserted.
_IS_NEW: Any = literal_column("(xmax = 0)", Boolean).label("is_new")


def _touching(statement: Any) -> Any:
    """Whose orders changed, and by whose recommendation they came: what these brought in has changed, too."""
    told = statement.returning(_O.c.customer_id, _O.c.order_id, _IS_NEW).cte("told")
    return select(told.c.customer_id, _F.c.referred_by, told.c.order_id, told.c.is_new).select_from(
        told.outerjoin(_F, _F.c.customer_id == told.c.customer_id)
    )


_told = _told_into(_O, _ORDER_TYPES, "order_id")
_ADD_ORDERS = prepare(
    _touching(
        _told.on_conflict_do_update(
            index_elements=["order_id"],
            set_={"channel": _told.excluded.channel},
            where=and_(_O.c.channel.is_(None), _told.excluded.channel.is_not(None)),
        )
    )
)
_VOID_ORDERS = prepare(
    _touching(
        _told.on_conflict_do_update(
            index_elements=["order_id"], set_={"voided": _told.excluded.voided}, where=~_O.c.voided
        )
    )
)
_lines = _told_into(_L, _LINE_TYPES, "order_id", "position")
_ADD_LINES = prepare(
    _lines.on_conflict_do_nothing(index_elements=["order_id", "position"]).returning(_L.c.customer_id)
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
_S: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_answer = insert(_S)
_parts = {name: func.coalesce(_S.c[name], _answer.excluded[name]) for name in PARTS}
_KEEP_SURVEY = prepare(
    _answer.on_conflict_do_update(
        index_elements=["response_id"],
        set_=_parts,
        where=or_(*(_S.c[name].is_distinct_from(known) for name, known in _parts.items())),
    ),
    *_S.c.keys(),
)
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


async def add_orders(tx: Tx, orders: Sequence[OrderFact], *, singly: bool = False) -> list[UUID]:
    """Write down orders that are new, and of known ones what they did not tell before: channel and lines.

    The customers that they belong to, and those who referred these. `singly`: they came one by one.
    """
    rows = await _told_of(tx, _ADD_ORDERS, orders, voided=False)
    changes.orders_added(
        tx, orders, [row for row in rows if row["is_new"]], singly=singly or len(orders) == 1
    )
    touched = _whom(rows)
    if any(order.lines for order in orders):
        touched |= await _add_lines(tx, orders)
    return sorted(touched)


async def void_orders(tx: Tx, orders: Sequence[OrderFact]) -> list[UUID]:
    """Count these orders no more, also when they are only told of later; whom that touches, as `add_orders`.

    One that is not known yet is written down as voided: both ways meet at its row, whichever comes first.
    """
    rows = await _told_of(tx, _VOID_ORDERS, orders, voided=True)
    changes.orders_changed(tx, rows)
    return sorted(_whom(rows))


def _whom(rows: Sequence[Record]) -> set[UUID]:
    return {row[name] for row in rows for name in ("customer_id", "referred_by") if row[name] is not None}


async def _told_of(
    tx: Tx, statement: Prepared, orders: Sequence[OrderFact], *, voided: bool
) -> Sequence[Record]:
    columns: dict[str, list[Any]] = {f"b_{name}": [] for name in _ORDER_TYPES}
    for order in orders:
        columns["b_order_id"].append(order.order_id)
        columns["b_customer_id"].append(order.customer_id)
        columns["b_ordered_at"].append(order.ordered_at)
        columns["b_amount_minor"].append(abs(order.amount_minor))
        columns["b_currency"].append(order.currency)
        columns["b_is_return"].append(order.kind == "return")
        columns["b_voided"].append(voided)
        columns["b_channel"].append(order.channel)
    return await tx.rows(statement, **columns)


async def _add_lines(tx: Tx, orders: Sequence[OrderFact]) -> set[UUID]:
    columns: dict[str, list[Any]] = {f"b_{name}": [] for name in _LINE_TYPES}
    for order in orders:
        for position, line in enumerate(order.lines, start=1):
            columns["b_order_id"].append(order.order_id)
            columns["b_position"].append(position)
            columns["b_customer_id"].append(order.customer_id)
            columns["b_sku"].append(line.sku)
            columns["b_category"].append(line.category)
            columns["b_quantity"].append(line.quantity)
            columns["b_amount_minor"].append(None if line.amount_minor is None else abs(line.amount_minor))
    return {row["customer_id"] for row in await tx.rows(_ADD_LINES, **columns)}


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
    """Write down how satisfied a customer was, or with what if only that was not known; if it is news."""
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
