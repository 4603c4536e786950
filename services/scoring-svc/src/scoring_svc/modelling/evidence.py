"""Which facts a reason rests on: broken promises, by their ids and with their days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Ints, Promises
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.weeks import DAYS, HALF_YEAR

MOST_NAMED = 10
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact, by the id that it has where it was written down."""

    type: str
    id: str


def evidence(code: str, known: Features, index: int) -> tuple[Evidence, ...]:
    """What the reason `code` of one customer rests on, the longest broken first; at most ten."""
    named = _NAMED.get(code)
    if named is None:
        return ()
    ids = named(_of(known, index), known.today).id[:MOST_NAMED]
    return tuple(Evidence("promise", str(each)) for each in ids if each)


def promise_facts(known: Features, index: int) -> dict[str, float | str]:
    """How texts name one customer's first promise that is not kept, and the latest that was broken."""
    facts: dict[str, float | str] = {}
    all_of_them = _of(known, index)
    if not len(all_of_them.ts):
        return facts
    first, latest = _unkept(all_of_them, known.today), _recent(all_of_them, known.today)
    for name, rows, place in (("unkept", first, 0), ("broken", latest, -1)):
        if len(rows.ts):
            days = _days_ago(rows, known.today)[place]
            due = rows.due[place].astype("datetime64[D]").item()
            english = f"{due.day} {_MONTHS[due.month - 1]} {due.year}"
            facts[f"{name}_en"] = f"promised for {english}, broken {days} days ago"
            facts[f"{name}_zh"] = f"应于 {due.year} 年 {due.month} 月 {due.day} 日前兑现，{days} 天前逾期"
    return facts


def _of(known: Features, index: int) -> Promises:
    """One customer's broken promises, in the order of breaking."""
    low, high = np.searchsorted(known.promises.customer, [index, index + 1])
    return known.promises.rows(slice(low, high))


def _unkept(rows: Promises, _: np.datetime64) -> Promises:
    return rows.rows(np.isnat(rows.settled))


def _recent(rows: Promises, today: np.datetime64) -> Promises:
    return rows.rows(_days_ago(rows, today) < HALF_YEAR * DAYS)


def _days_ago(rows: Promises, today: np.datetime64) -> Ints:
    return (today - rows.ts.astype("datetime64[D]")).astype(np.int64)


_NAMED: Mapping[str, Callable[[Promises, np.datetime64], Promises]] = {
    "promise_unkept": _unkept,
    "promise_broken": _recent,
}
