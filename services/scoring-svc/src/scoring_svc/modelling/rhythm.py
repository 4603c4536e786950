"""How a customer buys, as of a day: rhythm, windows, amounts and returns, for all customers at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats, Ints, Orders, Times
from scoring_svc.modelling.weeks import DAYS, HALF_YEAR, MONTH, QUARTER, TWO_MONTHS, YEAR

NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One value a customer; time in weeks, windows are the last 4 to 52 weeks, orders of one day are one.

    `net` is what was bought minus what was returned; a return lowers amounts, never the number of orders.
    """

    order_days: Floats  # days with at least one order
    first_day: Times
    last_day: Times
    age: Floats  # T: first order to as_of; 0 without orders
    last_week: Floats  # t_x: first order to last order
    sum_log_gaps: Floats
    sum_square_gaps: Floats
    max_gap: Floats
    last_gap: Floats
    orders_4: Floats
    orders_8: Floats
    orders_13: Floats
    orders_26: Floats
    orders_52: Floats
    orders_before_13: Floats  # the 13 weeks before the last 13
    net_13: Floats
    net_before_13: Floats
    net_52: Floats
    sold: Floats  # gross, all time
    returned: Floats  # all time
    last_value: Floats  # gross, of the last order day
    returns_13: Floats  # number
    returns_before_13: Floats

    @property
    def repeats(self) -> Floats:
        """x: order days after the first."""
        return np.maximum(self.order_days - 1.0, 0.0)

    @property
    def silence(self) -> Floats:
        """Weeks since the last order."""
        return self.age - self.last_week

    @property
    def net(self) -> Floats:
        return self.sold - self.returned

    @property
    def mean_value(self) -> Floats:
        """Net amount of an order day, not below 0; 0 without orders."""
        return np.maximum(self.net, 0.0) / np.maximum(self.order_days, 1.0)


@dataclass(frozen=True, slots=True)
class _Days:
    """Sales merged to (customer, day): one row each, sorted."""

    customer: Ints
    day: Times
    value: Floats
    opens: Bools  # the customer's first day
    closes: Bools  # the customer's last day
    gap: Floats  # weeks to the day before; 0 on the first day


def rhythm(orders: Orders, customers: int, today: np.datetime64) -> Rhythm:
    """Rhythm at the end of the day `today` from `orders`, none of which is later.

    Shape of every column: (customers,). Sums run row by row inside a customer, so a customer's values do not
    depend on who else is in the log.
    """
    days = _merge(orders)
    first, last = (np.full(customers, NO_DAY) for _ in range(2))
    first[days.customer[days.opens]] = days.day[days.opens]
    last[days.customer[days.closes]] = days.day[days.closes]
    return Rhythm(
        first_day=first,
        last_day=last,
        age=weeks_between(first, np.full(customers, today)),
        last_week=weeks_between(first, last),
        **_gaps(days, customers),
        **order_windows(days.customer, _days_ago(days.day, today), customers),
        **_money(orders, customers, today),
    )


def _merge(orders: Orders) -> _Days:
    sales = ~orders.is_return
    customer, ts, amount = orders.customer[sales], orders.ts[sales], orders.amount[sales]
    day = ts.astype("datetime64[D]")
    fresh = np.ones(len(day), dtype=bool)
    fresh[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    value = _total(np.cumsum(fresh) - 1, amount, int(fresh.sum()))
    customer, day = customer[fresh], day[fresh]
    opens = np.ones(len(day), dtype=bool)
    opens[1:] = customer[1:] != customer[:-1]
    closes = np.ones(len(day), dtype=bool)
    closes[:-1] = opens[1:]
    gap = np.zeros(len(day))
    gap[1:] = np.diff(day).astype(np.float64) / DAYS
    gap[opens] = 0.0
    return _Days(customer, day, value, opens, closes, gap)


def weeks_between(first: Times, last: Times) -> Floats:
    """Weeks from day to day; 0 where there is no first day."""
    weeks = (last - first).astype(np.float64) / DAYS
    return np.where(np.isnat(first), 0.0, weeks)


def _gaps(days: _Days, customers: int) -> dict[str, Floats]:
    repeat = ~days.opens
    who, gap = days.customer[repeat], days.gap[repeat]
    last_gap, max_gap, last_value = (np.zeros(customers) for _ in range(3))
    last_gap[days.customer[days.closes]] = days.gap[days.closes]
    last_value[days.customer[days.closes]] = days.value[days.closes]
    starts = np.flatnonzero(days.opens)
    if len(starts):
        max_gap[days.customer[starts]] = np.maximum.reduceat(days.gap, starts)
    return {
        "order_days": _count(days.customer, customers),
        "sum_log_gaps": _total(who, np.log(gap), customers),
        "sum_square_gaps": _total(who, gap * gap, customers),
        "max_gap": max_gap,
        "last_gap": last_gap,
        "last_value": last_value,
    }


def order_windows(who: Ints, ago: Ints, customers: int) -> dict[str, Floats]:
    """Order days by window, from one row for each: whose it is, and how many days ago it was."""
    recent = ago < YEAR * DAYS
    who, ago = who[recent], ago[recent]
    spans = (MONTH, TWO_MONTHS, QUARTER, HALF_YEAR)
    windows = {f"orders_{weeks}": _count(who[ago < weeks * DAYS], customers) for weeks in spans}
    before = _count(who[(ago >= QUARTER * DAYS) & (ago < HALF_YEAR * DAYS)], customers)
    return {**windows, "orders_52": _count(who, customers), "orders_before_13": before}


def money_windows(who: Ints, ago: Ints, net: Floats, returns: Floats, customers: int) -> dict[str, Floats]:
    """Money and returns by window, from rows of a customer's net amount and number of returns some days ago.

    A row may be an order, a return, or all of a day.
    """
    recent = ago < YEAR * DAYS
    who, ago, net, returns = who[recent], ago[recent], net[recent], returns[recent]
    near, before = ago < QUARTER * DAYS, (ago >= QUARTER * DAYS) & (ago < HALF_YEAR * DAYS)
    return {
        "net_52": _total(who, net, customers),
        "net_13": _total(who[near], net[near], customers),
        "net_before_13": _total(who[before], net[before], customers),
        "returns_13": _total(who[near], returns[near], customers),
        "returns_before_13": _total(who[before], returns[before], customers),
    }


def _money(orders: Orders, customers: int, today: np.datetime64) -> dict[str, Floats]:
    who, back, amount = orders.customer, orders.is_return, orders.amount
    signed = np.where(back, -amount, amount)
    ago = _days_ago(orders.ts.astype("datetime64[D]"), today)
    return {
        "sold": _total(who[~back], amount[~back], customers),
        "returned": _total(who[back], amount[back], customers),
        **money_windows(who, ago, signed, back.astype(np.float64), customers),
    }


def _days_ago(day: Times, today: np.datetime64) -> Ints:
    return (today - day).astype(np.int64)


def _count(who: Ints, customers: int) -> Floats:
    return np.bincount(who, minlength=customers).astype(np.float64)


def _total(who: Ints, weights: Floats, customers: int) -> Floats:
    return np.bincount(who, weights=weights, minlength=customers).astype(np.float64, copy=False)
