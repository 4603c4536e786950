"""Facts read back as the columns that the models take."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, DateTime, Integer, Uuid, bindparam, delete, func, select, union_all

from scoring_svc.facts.tables import ComplaintRow, ContactRow, Due, OrderRow, PromiseRow, SurveyRow
from scoring_svc.modelling.facts import Facts, record
from shared.db import Reader, Record, Tx, prepare
from shared.references.tables import KNOWN as _R

MINOR_PER_UNIT = 100.0
"""Amounts are modelled in hundreds of minor units and reported in minor units of the same currency."""

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_C: Any = ContactRow.__table__  # type: ignore[attr-defined]
_P: Any = ComplaintRow.__table__  # type: ignore[attr-defined]
_V: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_W: Any = PromiseRow.__table__  # type: ignore[attr-defined]
_D: Any = Due.__table__  # type: ignore[attr-defined]
_MOMENT = DateTime(timezone=True)


def _of(column: Any) -> Any:
    return column == func.any(bindparam("customers", type_=ARRAY(Uuid)))


_ORDERS = select(_O.c.customer_id, _O.c.ordered_at, _O.c.amount_minor, _O.c.is_return).where(
    _O.c.currency == bindparam("currency"), ~_O.c.voided
)
_CONTACTS = select(_C.c.customer_id, _C.c.occurred_at, _C.c.direction).where(~_C.c.withdrawn)
_COMPLAINTS = select(_P.c.customer_id, _P.c.opened_at, _P.c.severity, _P.c.resolved_at).where(~_P.c.merged)
_SURVEYS = select(_V.c.customer_id, _V.c.answered_at, _V.c.score)
_PROMISES = select(_W.c.customer_id, _W.c.promise_id, _W.c.due_at, _W.c.broken_at, _W.c.settled_at).where(
    _W.c.broken_at.is_not(None)
)
_ORDERS_OF = prepare(_ORDERS.where(_of(_O.c.customer_id)))
_CONTACTS_OF = prepare(_CONTACTS.where(_of(_C.c.customer_id)))
_COMPLAINTS_OF = prepare(_COMPLAINTS.where(_of(_P.c.customer_id)))
_SURVEYS_OF = prepare(_SURVEYS.where(_of(_V.c.customer_id)))
_PROMISES_OF = prepare(_PROMISES.where(_of(_W.c.customer_id)))
_ORDERS_ALL, _CONTACTS_ALL, _COMPLAINTS_ALL = prepare(_ORDERS), prepare(_CONTACTS), prepare(_COMPLAINTS)
_SURVEYS_ALL, _PROMISES_ALL = prepare(_SURVEYS), prepare(_PROMISES)
_KNOWN = union_all(
    select(_O.c.customer_id).where(~_O.c.voided),
    select(_C.c.customer_id).where(~_C.c.withdrawn),
    select(_P.c.customer_id).where(~_P.c.merged),
    select(_V.c.customer_id),
    select(_W.c.customer_id).where(_W.c.broken_at.is_not(None)),
).subquery()
_CUSTOMERS = prepare(select(_KNOWN.c.customer_id).distinct().order_by(_KNOWN.c.customer_id))
_MERGED = prepare(
    select(_R.c.id, func.customer_root(_R.c.id, type_=Uuid).label("root")).where(
        _R.c.merged_into.is_not(None)
    )
)
_given = func.unnest(bindparam("customers", type_=ARRAY(Uuid))).column_valued("customer")
_own = select(_given.label("root"), _given.label("id")).cte("family", recursive=True)
_family = _own.union(select(_own.c.root, _R.c.id).join(_R, _R.c.merged_into == _own.c.id))
_FAMILIES = prepare(select(_family.c.root, _family.c.id))
_COUNT = prepare(select(func.count()).select_from(_O).where(~_O.c.voided))
_CURRENCY = prepare(
    select(_O.c.currency)
    .where(~_O.c.voided)
    .group_by(_O.c.currency)
    .order_by(func.count().desc(), _O.c.currency)
    .limit(1)
)
_ready = (
    select(_D.c.customer_id)
    .where(_D.c.due_at <= bindparam("b_now", type_=_MOMENT))
    .order_by(_D.c.due_at)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_TAKE_DUE = prepare(delete(_D).where(_D.c.customer_id.in_(_ready)).returning(_D.c.customer_id))


async def take_due(tx: Tx, most: int) -> list[UUID]:
    """Up to `most` customers whose time has come, taken off the list within this transaction."""
    return [row["customer_id"] for row in await tx.rows(_TAKE_DUE, b_now=tx.now, b_most=most)]


async def known_customers(reader: Reader) -> list[UUID]:
    """Every customer of whom a fact is known, or of one that was merged into it."""
    now = await _merged(reader)
    return sorted({now.get(row["customer_id"], row["customer_id"]) for row in await reader.rows(_CUSTOMERS)})


async def _merged(reader: Reader) -> dict[UUID, UUID]:
    """Who each customer is now that was merged into another one."""
    return {row["id"]: row["root"] for row in await reader.rows(_MERGED)}


async def order_count(reader: Reader) -> int:
    """How many orders and returns are known."""
    return int(await reader.value(_COUNT))


async def main_currency(reader: Reader) -> str | None:
    """The currency of most orders; None before the first order."""
    found: str | None = await reader.value(_CURRENCY)
    return found


async def family(reader: Reader, customer: UUID) -> list[UUID]:
    """This customer, which may not be merged itself, and all that were merged into it."""
    return [row["id"] for row in await reader.rows(_FAMILIES, customers=[customer])]


async def facts_of(reader: Reader, customers: Sequence[UUID], *, currency: str) -> Facts:
    """All facts of these customers, and of those merged into them; orders in another currency are left out.

    None of them may be merged itself.
    """
    chosen = list(customers)
    keepers = {row["id"]: row["root"] for row in await reader.rows(_FAMILIES, customers=chosen)}
    members = list(keepers)
    return _facts(
        chosen,
        keepers,
        await reader.rows(_ORDERS_OF, customers=members, currency=currency),
        await reader.rows(_CONTACTS_OF, customers=members),
        await reader.rows(_COMPLAINTS_OF, customers=members),
        await reader.rows(_SURVEYS_OF, customers=members),
        await reader.rows(_PROMISES_OF, customers=members),
    )


async def all_facts(reader: Reader, customers: Sequence[UUID], *, currency: str) -> Facts:
    """All facts there are; `customers` must be all `known_customers`."""
    known = list(customers)
    return _facts(
        known,
        {**dict(zip(known, known, strict=True)), **await _merged(reader)},
        await reader.rows(_ORDERS_ALL, currency=currency),
        await reader.rows(_CONTACTS_ALL),
        await reader.rows(_COMPLAINTS_ALL),
        await reader.rows(_SURVEYS_ALL),
        await reader.rows(_PROMISES_ALL),
    )


def _facts(customers: list[UUID], keepers: Mapping[UUID, UUID], *logs: list[Record]) -> Facts:
    """The facts by who keeps them now, said of whomever they tell; those of nobody are left out.

    `logs` are orders, contacts, complaints, surveys and broken promises.
    """
    orders, contacts, complaints, surveys, promises = (
        [row for row in rows if row["customer_id"] in keepers] for rows in logs
    )

    def kept(rows: list[Record]) -> Any:
        return _ids(keepers[row["customer_id"]] for row in rows)

    return record(
        _ids(customers),
        orders={
            "customer": kept(orders),
            "ts": _times(row["ordered_at"] for row in orders),
            "amount": [row["amount_minor"] / MINOR_PER_UNIT for row in orders],
            "is_return": [row["is_return"] for row in orders],
        },
        contacts={
            "customer": kept(contacts),
            "ts": _times(row["occurred_at"] for row in contacts),
            "direction": [row["direction"] for row in contacts],
        },
        complaints={
            "customer": kept(complaints),
            "ts": _times(row["opened_at"] for row in complaints),
            "severity": [float(row["severity"]) for row in complaints],
            "resolved": _times(row["resolved_at"] for row in complaints),
        },
        surveys={
            "customer": kept(surveys),
            "ts": _times(row["answered_at"] for row in surveys),
            "score": [row["score"] for row in surveys],
        },
        promises={
            "customer": kept(promises),
            "ts": _times(row["broken_at"] for row in promises),
            "due": _times(row["due_at"] for row in promises),
            "settled": _times(row["settled_at"] for row in promises),
            "id": _ids(row["promise_id"] for row in promises),
        },
    )


def _ids(customers: Any) -> Any:
    return np.array([str(customer) for customer in customers], dtype="U36")


def _times(moments: Any) -> Any:
    return np.array([_naive(moment) for moment in moments], dtype="datetime64[us]")


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=None)
