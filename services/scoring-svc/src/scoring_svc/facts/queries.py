"""Facts read back as the columns that the models take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, BigInteger, Uuid, bindparam, cast, exists, func, select, union_all

from scoring_svc.facts.referrals import Referrals, all_referrals, referrals_of
from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow, PromiseRow, SurveyRow
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.states.layout import ALL, Part
from shared.db import Prepared, Reader, Record, any_of, ids, prepare
from shared.references.tables import KNOWN as _R

MINOR_PER_UNIT = 100.0
"""Amounts are modelled in hundreds of minor units and reported in minor units of the same currency."""

NOBODY = Referrals(np.array([], dtype="U36"), np.array([], dtype="U36"), np.array([], dtype="datetime64[us]"))

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_C: Any = ContactRow.__table__  # type: ignore[attr-defined]
_P: Any = ComplaintRow.__table__  # type: ignore[attr-defined]
_V: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_W: Any = PromiseRow.__table__  # type: ignore[attr-defined]


def _of(column: Any) -> Any:
    return column == func.any(bindparam("customers", type_=ARRAY(Uuid)))


# One customer may have a million of them: microseconds since 1970 are read in a third of the time.
_at = cast(func.extract("epoch", _O.c.ordered_at) * 1_000_000, BigInteger)
_ORDERS = select(_O.c.customer_id, _at.label("at"), _O.c.amount_minor, _O.c.is_return).where(
    _O.c.currency == bindparam("currency"), ~_O.c.voided
)
_CONTACTS = select(_C.c.customer_id, _C.c.occurred_at, _C.c.direction).where(~_C.c.withdrawn)
_COMPLAINTS = select(_P.c.customer_id, _P.c.opened_at, _P.c.severity, _P.c.resolved_at).where(~_P.c.merged)
_SURVEYS = select(_V.c.customer_id, _V.c.answered_at, _V.c.score, _V.c.quality, _V.c.attitude, _V.c.delivery)
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
_KNOWS_ANSWER = prepare(select(exists().where(_V.c.response_id == bindparam("b_id", type_=Uuid))))
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
_given = func.unnest(ids("customers")).column_valued("customer")
_own = select(_given.label("root"), _given.label("id")).cte("family", recursive=True)
_family = _own.union(select(_own.c.root, _R.c.id).join(_R, _R.c.merged_into == _own.c.id))
_FAMILIES = prepare(select(_family.c.root, _family.c.id))
ANY_KEEPER = exists(select(_R.c.id).where(_R.c.merged_into == any_of("customers")))
"""Whether anybody was merged into any of `customers`."""
_COUNT = prepare(select(func.count()).select_from(_O).where(~_O.c.voided))
_CURRENCY = prepare(
    select(_O.c.currency)
    .where(~_O.c.voided)
    .group_by(_O.c.currency)
    .order_by(func.count().desc(), _O.c.currency)
    .limit(1)
)


async def knows_answer(reader: Reader, response_id: UUID) -> bool:
    """Whether this answer was told of before."""
    return bool(await reader.value(_KNOWS_ANSWER, b_id=response_id))


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
    return list(await keepers_of(reader, [customer]))


async def facts_of(reader: Reader, customers: Sequence[UUID], *, currency: str, parts: Part = ALL) -> Facts:
    """All facts of these customers, and of those merged into them; orders in another currency are left out.

    None of them may be merged itself. With `parts` only what these parts of a state are made of is read.
    """
    chosen = list(customers)
    keepers = await keepers_of(reader, chosen)
    given: dict[str, Any] = {"customers": list(keepers)}
    logs: dict[Part, tuple[Prepared, dict[str, Any]]] = {
        Part.BUYING: (_ORDERS_OF, {**given, "currency": currency}),
        Part.TALKING: (_CONTACTS_OF, given),
        Part.COMPLAINING: (_COMPLAINTS_OF, given),
        Part.ANSWERING: (_SURVEYS_OF, given),
        Part.PROMISING: (_PROMISES_OF, given),
    }
    read = {
        part: await reader.rows(statement, **values) if part in parts else []
        for part, (statement, values) in logs.items()
    }
    won = await referrals_of(reader, chosen) if Part.REFERRING in parts else NOBODY
    return _facts(chosen, keepers, read, won)


async def keepers_of(reader: Reader, customers: Sequence[UUID]) -> dict[UUID, UUID]:
    """Who keeps the facts of whom: each of these customers, and those merged into it, by their ids."""
    return {row["id"]: row["root"] for row in await reader.rows(_FAMILIES, customers=list(customers))}


async def all_facts(reader: Reader, customers: Sequence[UUID], *, currency: str) -> Facts:
    """All facts there are; `customers` must be all `known_customers`."""
    known = list(customers)
    logs = {
        Part.BUYING: await reader.rows(_ORDERS_ALL, currency=currency),
        Part.TALKING: await reader.rows(_CONTACTS_ALL),
        Part.COMPLAINING: await reader.rows(_COMPLAINTS_ALL),
        Part.ANSWERING: await reader.rows(_SURVEYS_ALL),
        Part.PROMISING: await reader.rows(_PROMISES_ALL),
    }
    keepers = {**dict(zip(known, known, strict=True)), **await _merged(reader)}
    return _facts(known, keepers, logs, await all_referrals(reader))


def _facts(
    customers: list[UUID], keepers: Mapping[UUID, UUID], logs: Mapping[Part, list[Record]], won: Referrals
) -> Facts:
    """The facts by who keeps them now, said of whomever they tell; those of nobody are left out."""
    place_of = {customer: place for place, customer in enumerate(customers)}
    places = {one: place_of[keeper] for one, keeper in keepers.items() if keeper in place_of}
    rows = {part: [row for row in log if row["customer_id"] in places] for part, log in logs.items()}
    kept = {part: [places[row["customer_id"]] for row in log] for part, log in rows.items()}
    names = _ids(customers)
    facts = record(
        np.arange(len(customers)),
        orders={"customer": kept[Part.BUYING], **_orders(rows[Part.BUYING])},
        contacts={"customer": kept[Part.TALKING], **_contacts(rows[Part.TALKING])},
        complaints={"customer": kept[Part.COMPLAINING], **_complaints(rows[Part.COMPLAINING])},
        surveys={"customer": kept[Part.ANSWERING], **_surveys(rows[Part.ANSWERING])},
        promises={"customer": kept[Part.PROMISING], **_promises(rows[Part.PROMISING])},
        referrals=_won(won, {str(customer): place for customer, place in place_of.items()}),
    )
    return replace(facts, customers=names)


def _orders(rows: list[Record]) -> dict[str, Any]:
    return {
        "ts": np.array([row["at"] for row in rows], dtype=np.int64).astype("datetime64[us]"),
        "amount": np.array([row["amount_minor"] for row in rows], dtype=np.float64) / MINOR_PER_UNIT,
        "is_return": np.array([row["is_return"] for row in rows], dtype=np.bool_),
    }


def _contacts(rows: list[Record]) -> dict[str, Any]:
    return {
        "ts": _times(row["occurred_at"] for row in rows),
        "direction": [row["direction"] for row in rows],
    }


def _complaints(rows: list[Record]) -> dict[str, Any]:
    return {
        "ts": _times(row["opened_at"] for row in rows),
        "severity": [float(row["severity"]) for row in rows],
        "resolved": _times(row["resolved_at"] for row in rows),
    }


def _surveys(rows: list[Record]) -> dict[str, Any]:
    values = {
        name: np.array([row[name] for row in rows], dtype=np.float64)
        for name in ("score", "quality", "attitude", "delivery")
    }
    return {"ts": _times(row["answered_at"] for row in rows), **values}


def _promises(rows: list[Record]) -> dict[str, Any]:
    return {
        "ts": _times(row["broken_at"] for row in rows),
        "due": _times(row["due_at"] for row in rows),
        "settled": _times(row["settled_at"] for row in rows),
        "id": _ids(row["promise_id"] for row in rows),
    }


def _won(won: Referrals, place_of: Mapping[str, int]) -> dict[str, Any]:
    """Referrals that led to an order, by who made them."""
    chosen = [
        place for place, who in enumerate(won.referrer.tolist())
        if who in place_of and not np.isnat(won.converted[place])
    ]  # fmt: skip
    return {
        "customer": [place_of[who] for who in won.referrer[chosen].tolist()],
        "ts": won.converted[chosen],
    }


def _ids(customers: Any) -> Any:
    return np.array([str(customer) for customer in customers], dtype="U36")


def _times(moments: Any) -> Any:
    return np.array([_naive(moment) for moment in moments], dtype="datetime64[us]")


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=None)
