"""What is kept of one customer, by kind of fact: each part takes in one fact in bounded time.

A part says False to a fact that it cannot take in; then it is to be built anew from the log. All parts but
buying take in late facts, too: their sums do not ask for the order.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter

from scoring_svc.modelling.care import DECAY_WEEKS, SLOW_WEEKS
from scoring_svc.modelling.facts import DIRECTION_IN, DIRECTION_OUT
from scoring_svc.modelling.states.told import DAY, Answered, Bought, Broke, Complained, Referred, Talked
from scoring_svc.modelling.weeks import DAYS, YEAR

NEVER = 2**63 - 1
NO_DAY = -(2**63)
"""As numpy writes down no day, and no moment."""
KEPT_DAYS = YEAR * 7
_DAY_OF_ROW = itemgetter(0)
_SECOND = 1_000_000
_WEEK_SECONDS = DAYS * 86400

Rows = list[list[int]]
"""Days, ascending, each with how much happened; the last 52 weeks before the newest of them."""


@dataclass(slots=True)
class Buying:
    """Orders and returns. Rows: day, whether something was bought, returns, net amount."""

    until: int = NEVER  # from when on a fact counts that lay ahead: the part is to be built anew then
    order_days: int = 0
    first_day: int = NO_DAY
    last_day: int = NO_DAY
    newest_day: int = NO_DAY  # of an order or a return
    sold: int = 0
    returned: int = 0
    last_value: int = 0
    sum_log_gaps: float = 0.0
    sum_square_gaps: float = 0.0
    max_gap: float = 0.0
    last_gap: float = 0.0
    rows: Rows = field(default_factory=list)

    def add(self, fact: Bought) -> bool:
        """Take in an order or a return; not an order on a new day before the last one: it splits a gap."""
        day = fact.at // DAY
        if fact.is_return:
            self.returned += fact.amount
            self._note(day, 0, 1, -fact.amount)
            return True
        if day > self.last_day:
            self._next_day(day)
        elif not self._bought_on(day):
            return False
        self.sold += fact.amount
        if day == self.last_day:
            self.last_value += fact.amount
        self._note(day, 1, 0, fact.amount)
        return True

    def _next_day(self, day: int) -> None:
        if self.order_days:
            gap = (day - self.last_day) / DAYS
            self.sum_log_gaps += math.log(gap)
            self.sum_square_gaps += gap * gap
            self.max_gap, self.last_gap = max(self.max_gap, gap), gap
        else:
            self.first_day = day
        self.order_days, self.last_day, self.last_value = self.order_days + 1, day, 0

    def _bought_on(self, day: int) -> bool:
        if day in (self.first_day, self.last_day):
            return True
        place = bisect_left(self.rows, day, key=_DAY_OF_ROW)
        return place < len(self.rows) and self.rows[place][0] == day and bool(self.rows[place][1])

    def _note(self, day: int, bought: int, returns: int, net: int) -> None:
        self.newest_day = max(self.newest_day, day)
        row = _row(self.rows, day, self.newest_day, 4)
        if row is not None:
            row[1] |= bought
            row[2] += returns
            row[3] += net


@dataclass(slots=True)
class Complaining:
    """Complaints. Rows: day, opened, of these unresolved, and resolved after more than two weeks."""

    until: int = NEVER
    newest_day: int = NO_DAY
    oldest_open: int = NO_DAY
    open_1: int = 0  # open ones by severity
    open_2: int = 0
    open_3: int = 0
    open_4: int = 0
    faded: float = 0.0  # pressure of the resolved ones on the newest day
    rows: Rows = field(default_factory=list)

    def add(self, fact: Complained) -> bool:
        """Take in a complaint that was not known before."""
        day, slow = fact.at // DAY, 0
        if fact.resolved is None:
            self.oldest_open = day if self.oldest_open == NO_DAY else min(self.oldest_open, day)
            name = f"open_{fact.severity}"
            setattr(self, name, getattr(self, name) + 1)
        else:
            slow = int(took_long(fact.at, fact.resolved))
        weight = 0.0 if fact.resolved is None else float(fact.severity)
        self.faded, self.newest_day = _faded(self.faded, self.newest_day, day, weight)
        _count(self.rows, day, self.newest_day, (1, int(fact.resolved is None), slow))
        return True


def took_long(opened: int, resolved: int) -> bool:
    """Whether it took more than two weeks, in whole seconds."""
    return math.trunc((resolved - opened) / _SECOND) / _WEEK_SECONDS > SLOW_WEEKS


@dataclass(slots=True)
class Talking:
    """Contacts. Rows: day, those in which the customer took part, of these inbound; outbound."""

    until: int = NEVER
    newest_day: int = NO_DAY
    mutual: int = 0
    first_day: int = NO_DAY  # of a mutual one
    last_day: int = NO_DAY
    rows: Rows = field(default_factory=list)

    def add(self, fact: Talked) -> bool:
        """Take in a contact."""
        day, ours = fact.at // DAY, fact.direction == DIRECTION_OUT
        self.newest_day = max(self.newest_day, day)
        if not ours:
            self.mutual += 1
            self.first_day = day if self.first_day == NO_DAY else min(self.first_day, day)
            self.last_day = max(self.last_day, day)
        inbound = int(fact.direction == DIRECTION_IN)
        _count(self.rows, day, self.newest_day, (int(not ours), inbound, int(ours)))
        return True


@dataclass(slots=True)
class Answering:
    """Answers to surveys: how many, their sum, and the last one with its moment; also of each part."""

    until: int = NEVER
    score_count: int = 0
    score_at: int = NO_DAY
    quality_count: int = 0
    quality_at: int = NO_DAY
    attitude_count: int = 0
    attitude_at: int = NO_DAY
    delivery_count: int = 0
    delivery_at: int = NO_DAY
    score_total: float = 0.0
    score_last: float = math.nan
    quality_total: float = 0.0
    quality_last: float = math.nan
    attitude_total: float = 0.0
    attitude_last: float = math.nan
    delivery_total: float = 0.0
    delivery_last: float = math.nan

    def add(self, fact: Answered) -> bool:
        """Take in an answer; not one of the same moment as the last: the log decides which is the last."""
        values = (
            ("score", fact.score),
            ("quality", fact.quality),
            ("attitude", fact.attitude),
            ("delivery", fact.delivery),
        )
        if fact.at in (self.score_at, self.quality_at, self.attitude_at, self.delivery_at):
            return False
        for name, value in values:
            if value is not None:
                self._add(name, fact.at, value)
        return True

    def _add(self, name: str, at: int, value: float) -> None:
        setattr(self, f"{name}_count", getattr(self, f"{name}_count") + 1)
        setattr(self, f"{name}_total", getattr(self, f"{name}_total") + value)
        if at > getattr(self, f"{name}_at"):
            setattr(self, f"{name}_at", at)
            setattr(self, f"{name}_last", value)


@dataclass(slots=True)
class Promising:
    """Broken promises. Rows: day, broken."""

    until: int = NEVER
    newest_day: int = NO_DAY
    unkept: int = 0
    oldest_unkept: int = NO_DAY
    faded: float = 0.0  # pressure of the settled ones on the newest day
    rows: Rows = field(default_factory=list)

    def add(self, fact: Broke) -> bool:
        """Take in a promise that was not known to be broken before."""
        day, is_open = fact.at // DAY, fact.settled is None
        if is_open:
            self.unkept += 1
            self.oldest_unkept = day if self.oldest_unkept == NO_DAY else min(self.oldest_unkept, day)
        self.faded, self.newest_day = _faded(self.faded, self.newest_day, day, 0.0 if is_open else 1.0)
        _count(self.rows, day, self.newest_day, (1,))
        return True


@dataclass(slots=True)
class Referring:
    """Customers won for us. Rows: day of their first order, how many."""

    until: int = NEVER
    newest_day: int = NO_DAY
    rows: Rows = field(default_factory=list)

    def add(self, fact: Referred) -> bool:
        """Take in a first order of somebody whom the customer recommended us to."""
        day = fact.at // DAY
        self.newest_day = max(self.newest_day, day)
        _count(self.rows, day, self.newest_day, (1,))
        return True


def _faded(before: float, newest: int, day: int, weight: float) -> tuple[float, int]:
    """A sum that halves every eight weeks, with one more weight of `day`; and the day that it is told for."""
    if newest == NO_DAY:
        return weight, day
    if day > newest:
        return before * 2.0 ** ((newest - day) / (DAYS * DECAY_WEEKS)) + weight, day
    return before + weight * 2.0 ** ((day - newest) / (DAYS * DECAY_WEEKS)), newest


def _count(rows: Rows, day: int, newest: int, amounts: tuple[int, ...]) -> None:
    row = _row(rows, day, newest, len(amounts) + 1)
    if row is not None:
        for place, amount in enumerate(amounts, 1):
            row[place] += amount


def _row(rows: Rows, day: int, newest: int, width: int) -> list[int] | None:
    """The row of a day, made if need be; None when it is longer ago than rows are kept. Older ones go."""
    if day <= newest - KEPT_DAYS:
        return None
    if not rows or rows[-1][0] < day:
        rows.append([day, *[0] * (width - 1)])
        row = rows[-1]
    else:
        place = bisect_left(rows, day, key=_DAY_OF_ROW)
        if rows[place][0] != day:
            rows.insert(place, [day, *[0] * (width - 1)])
        row = rows[place]
    if rows[0][0] <= newest - KEPT_DAYS:
        del rows[: bisect_left(rows, newest - KEPT_DAYS + 1, key=_DAY_OF_ROW)]
    return row
