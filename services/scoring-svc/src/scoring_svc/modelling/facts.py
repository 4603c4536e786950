"""What happened to customers by dense index: orders, complaints, contacts, surveys, broken promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]
Ids = NDArray[Any]

DIRECTION_UNKNOWN, DIRECTION_IN, DIRECTION_OUT = 0, 1, 2
_DIRECTIONS = {"in": DIRECTION_IN, "inbound": DIRECTION_IN, "out": DIRECTION_OUT, "outbound": DIRECTION_OUT}
_OPEN = np.datetime64("NaT", "us")


@dataclass(frozen=True, slots=True)
class Log:
    """Rows of one kind, sorted by customer and time; `customer` is an index into `Facts.customers`."""

    customer: Ints
    ts: Times

    def rows(self, keep: Any) -> Self:
        return replace(self, **{column.name: getattr(self, column.name)[keep] for column in fields(self)})

    def in_order(self) -> Self:
        """The same rows in the canonical order, so that the order of arrival changes nothing."""
        columns = [getattr(self, column.name) for column in fields(self)]
        if np.all(
            (np.diff(self.customer) > 0)
            | ((np.diff(self.customer) == 0) & (np.diff(self.ts).astype(np.int64) > 0))
        ):
            return self
        return self.rows(np.lexsort([*columns[:1:-1], self.ts, self.customer]))


@dataclass(frozen=True, slots=True)
class Orders(Log):
    """`amount` is never negative, in one money unit for the whole log; a return is a row with `is_return`."""

    amount: Floats
    is_return: Bools


@dataclass(frozen=True, slots=True)
class Complaints(Log):
    """`ts` is when it was opened; `resolved` is NaT while it is open; `severity` grows from 1."""

    severity: Floats
    resolved: Times


@dataclass(frozen=True, slots=True)
class Contacts(Log):
    """`direction` is one of the DIRECTION_ codes; unknown counts as two-way."""

    direction: Ints


@dataclass(frozen=True, slots=True)
class Surveys(Log):
    """`score` from 1 (bad) to 5 (good)."""

    score: Floats


@dataclass(frozen=True, slots=True)
class Promises(Log):
    """Broken ones: `ts` is when it broke, `settled` NaT while it is neither kept nor taken back.

    `due` is the day it was promised for, `id` its own; "" where nobody knows it by one.
    """

    due: Times
    settled: Times
    id: Ids


AnyLog = TypeVar("AnyLog", bound=Log)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of a set of customers; also those without a single row."""

    customers: Ids
    orders: Orders
    complaints: Complaints
    contacts: Contacts
    surveys: Surveys
    promises: Promises

    def __len__(self) -> int:
        return len(self.customers)

    def as_of(self, moment: np.datetime64) -> Facts:
        """What was known at `moment`, inclusive: later rows vanish.

        Complaints that were resolved later are open, promises that were kept later are not kept.
        """
        complaints, promises = _until(self.complaints, moment), _until(self.promises, moment)
        unresolved = np.where(complaints.resolved > moment, _OPEN, complaints.resolved)
        unsettled = np.where(promises.settled > moment, _OPEN, promises.settled)
        return replace(
            self,
            orders=_until(self.orders, moment),
            complaints=replace(complaints, resolved=unresolved),
            contacts=_until(self.contacts, moment),
            surveys=_until(self.surveys, moment),
            promises=replace(promises, settled=unsettled),
        )

    def between(self, first: int, end: int) -> Facts:
        """The customers `first` to `end` - 1 alone, renumbered from 0."""
        return Facts(
            customers=self.customers[first:end],
            orders=_slice(self.orders, first, end),
            complaints=_slice(self.complaints, first, end),
            contacts=_slice(self.contacts, first, end),
            surveys=_slice(self.surveys, first, end),
            promises=_slice(self.promises, first, end),
        )

    def chosen(self, indexes: Ints) -> Facts:
        """The customers at ascending `indexes` alone, renumbered from 0."""
        renumber = _renumbering(indexes, len(self))
        return Facts(
            customers=self.customers[indexes],
            orders=_choose(self.orders, renumber),
            complaints=_choose(self.complaints, renumber),
            contacts=_choose(self.contacts, renumber),
            surveys=_choose(self.surveys, renumber),
            promises=_choose(self.promises, renumber),
        )


def record(
    customers: ArrayLike | Sequence[Any],
    *,
    orders: dict[str, Any] | None = None,
    complaints: dict[str, Any] | None = None,
    contacts: dict[str, Any] | None = None,
    surveys: dict[str, Any] | None = None,
    promises: dict[str, Any] | None = None,
) -> Facts:
    """Build facts from columns keyed by name; `customer` in each holds ids that occur in `customers`.

    orders: customer, ts, amount, is_return (default no); complaints: customer, ts, severity (default 1),
    resolved (default open); contacts: customer, ts, direction ("in", "out", else unknown); surveys: customer,
    ts, score; promises: customer, ts, due (default ts), settled (default not), id (default none). Times are
    anything numpy reads as datetime64, in UTC. A negative amount is a return.

    Raises:
        ValueError: an id is unknown or doubled, or an amount, score or time is not a number.
    """
    ids = np.asarray(customers)
    known, order = np.unique(ids, return_index=True)
    if len(known) != len(ids):
        raise ValueError("a customer id occurs twice")
    place = _Place(known, order)
    return Facts(
        customers=ids,
        orders=_orders(place, orders or {}),
        complaints=_complaints(place, complaints or {}),
        contacts=_contacts(place, contacts or {}),
        surveys=_surveys(place, surveys or {}),
        promises=_promises(place, promises or {}),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    known: Ids
    order: Ints

    def rows(self, columns: dict[str, Any]) -> tuple[Ints, Times]:
        ids = np.asarray(columns.get("customer", self.known[:0]))
        at = np.searchsorted(self.known, ids)
        if len(ids) and (
            len(self.known) == 0 or np.any(self.known[np.minimum(at, len(self.known) - 1)] != ids)
        ):
            raise ValueError("a row names an unknown customer")
        ts = _times(columns.get("ts", []))
        if len(ts) != len(ids) or np.any(np.isnat(ts)):
            raise ValueError("every row needs a customer and a time")
        return self.order[at].astype(np.int64), ts


def _orders(place: _Place, columns: dict[str, Any]) -> Orders:
    customer, ts = place.rows(columns)
    amount = _numbers(columns.get("amount", []), len(ts))
    is_return = np.asarray(columns.get("is_return", np.zeros(len(ts))), dtype=bool) | (amount < 0)
    return Orders(customer, ts, np.abs(amount), is_return).in_order()


def _complaints(place: _Place, columns: dict[str, Any]) -> Complaints:
    customer, ts = place.rows(columns)
    severity = _numbers(columns.get("severity", np.ones(len(ts))), len(ts))
    resolved = _times(columns.get("resolved", np.full(len(ts), _OPEN)))
    return Complaints(customer, ts, severity, resolved).in_order()


def _contacts(place: _Place, columns: dict[str, Any]) -> Contacts:
    customer, ts = place.rows(columns)
    words = np.asarray(columns.get("direction", np.full(len(ts), "")))
    codes = np.full(len(ts), DIRECTION_UNKNOWN, dtype=np.int64)
    for word, code in _DIRECTIONS.items():
        codes[words == word] = code
    return Contacts(customer, ts, codes).in_order()


def _surveys(place: _Place, columns: dict[str, Any]) -> Surveys:
    customer, ts = place.rows(columns)
    return Surveys(customer, ts, _numbers(columns.get("score", []), len(ts))).in_order()


def _promises(place: _Place, columns: dict[str, Any]) -> Promises:
    customer, ts = place.rows(columns)
    due = _times(columns.get("due", ts))
    settled = _times(columns.get("settled", np.full(len(ts), _OPEN)))
    ids = np.asarray(columns.get("id", np.full(len(ts), "")))
    return Promises(customer, ts, due, settled, ids).in_order()


def _times(values: Any) -> Times:
    return np.asarray(values, dtype="datetime64[us]")


def _numbers(values: Any, length: int) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) != length or not np.all(np.isfinite(numbers)):
        raise ValueError("every row needs a finite number")
    return numbers


def _until(log: AnyLog, moment: np.datetime64) -> AnyLog:
    keep = log.ts <= moment
    return log if keep.all() else log.rows(keep)


def _slice(log: AnyLog, first: int, end: int) -> AnyLog:
    low, high = np.searchsorted(log.customer, [first, end])
    part = log.rows(slice(low, high))
    return replace(part, customer=part.customer - first)


def chosen_rows(log: AnyLog, indexes: Ints, customers: int) -> AnyLog:
    """The rows of the customers at ascending `indexes` of so many, renumbered from 0."""
    return _choose(log, _renumbering(indexes, customers))


def _renumbering(indexes: Ints, customers: int) -> Ints:
    renumber = np.full(customers, -1, dtype=np.int64)
    renumber[indexes] = np.arange(len(indexes))
    return renumber


def _choose(log: AnyLog, renumber: Ints) -> AnyLog:
    part = log.rows(renumber[log.customer] >= 0)
    return replace(part, customer=renumber[part.customer])
