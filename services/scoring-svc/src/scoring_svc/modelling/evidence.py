"""Which facts a reason rests on: broken promises, by their ids and with their days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Ints
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
    ids = known.promises.id[named(known, _of(known, index))[:MOST_NAMED]]
    return tuple(Evidence("promise", str(each)) for each in ids if each)


def promise_facts(known: Features, index: int) -> dict[str, float | str]:
    """How texts name one customer's first promise that is not kept, and the latest that was broken."""
    places, facts = _of(known, index), {}
    if len(places):
        for name, named, end in (
            ("unkept", _unkept(known, places), 0),
            ("broken", _recent(known, places), -1),
        ):
            if len(named):
                facts.update(_named(name, known, int(named[end])))
    return facts


def _named(name: str, known: Features, place: int) -> dict[str, float | str]:
    broken = known.promises.ts[place].astype("datetime64[D]").item()
    due = known.promises.due[place].astype("datetime64[D]").item()
    days = (known.today.item() - broken).days
    english = f"{due.day} {_MONTHS[due.month - 1]} {due.year}"
    return {
        f"{name}_en": f"promised for {english}, broken {days} days ago",
        f"{name}_zh": f"应于 {due.year} 年 {due.month} 月 {due.day} 日前兑现，{days} 天前逾期",
    }


def _of(known: Features, index: int) -> Ints:
    """Where one customer's broken promises stand in the log, in the order of breaking."""
    low, high = np.searchsorted(known.promises.customer, (index, index + 1))
    return np.arange(low, high)


def _unkept(known: Features, places: Ints) -> Ints:
    return places[np.isnat(known.promises.settled[places])]


def _recent(known: Features, places: Ints) -> Ints:
    days = (known.today - known.promises.ts[places].astype("datetime64[D]")).astype(np.int64)
    return places[days < HALF_YEAR * DAYS]


_NAMED: Mapping[str, Callable[[Features, Ints], Ints]] = {
    "promise_unkept": _unkept,
    "promise_broken": _recent,
}
