"""Invented customers of a channel whose reasons for leaving are known, in several rhythms.

A customer orders with Erlang(k) gaps of its own rate. Every week it may leave: by chance, or because of
complaints (severe, recent, slowly resolved), low satisfaction (hidden; surveys show it with noise) or silence
on our side; the causes weigh about as much, and customers are asked about as often, as in the simulated data
that the limits were set on. Half of those who leave slow down first. Contacts, complaints and surveys dry up
afterwards: what a naive model would take for a cause is an effect there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring_svc.modelling.facts import Bools, Facts, Floats, Ints, record

START = np.datetime64("2024-01-01", "us")
WEEKS = 104
AFTER = 26
CAUSES = ("complaint", "satisfaction", "contact")
BY_CHANCE = 0.002
_MOST = 0.1
_SLOWED, _SLOW_FROM, _FADING = 2.4, 8, 0.5
_MEMORY = 8.0
_QUIET = 6.0
_SLOW_DAYS = 14.0


@dataclass(frozen=True)
class Market:
    """`gap` is the median customer's, in weeks; `spread` of log rates; `season` the swing of a year."""

    name: str
    gap: float
    k: int = 1
    spread: float = 0.6
    season: float = 0.0
    customers: int = 4000
    contact_gap: float = 5.0
    horizon: int = 13


MARKETS = (
    Market("grocers, weekly", gap=1.2, k=2, contact_gap=3.0, horizon=4),
    Market("channel customers", gap=4.0, k=2),
    Market("B2B, monthly and regular", gap=4.3, k=3, spread=0.3),
    Market("wholesale, seasonal", gap=4.0, season=0.5),
    Market("few orders", gap=14.0, spread=0.8, contact_gap=8.0, horizon=26),
)


@dataclass(frozen=True)
class World:
    """A log, and the truth at `as_of`: `hazards` (customers, CAUSES) a week, and who had `left` by then."""

    market: Market
    facts: Facts
    as_of: np.datetime64
    hazards: Floats
    left: Bools


def simulate(market: Market, seed: int) -> World:
    """The same world for the same seed."""
    return _Town(market, np.random.default_rng(seed)).live()


@dataclass
class _Log:
    """Rows gathered week by week."""

    customer: list[Ints]
    week: list[Floats]
    value: list[Floats]

    def add(self, who: Ints, week: Floats, value: Floats) -> None:
        self.customer.append(who)
        self.week.append(week)
        self.value.append(value)

    def columns(self, value: str) -> dict[str, NDArray[np.generic]]:
        return {
            "customer": np.concatenate(self.customer),
            "ts": _at(np.concatenate(self.week)),
            value: np.concatenate(self.value),
        }


class _Town:
    def __init__(self, market: Market, chance: np.random.Generator) -> None:
        size = market.customers
        self.market, self.chance, self.size = market, chance, size
        self.gap = market.gap * np.exp(market.spread * chance.standard_normal(size))
        self.joined = np.maximum(chance.uniform(-40.0, WEEKS - 8.0, size), 0.0)
        self.next = self.joined + chance.uniform(0.0, 1.0, size)
        self.value = chance.lognormal(5.0, 0.8, size)
        self.mood = np.clip(chance.normal(4.0, 0.5, size), 1.0, 5.0)
        self.usual = self.mood.copy()
        self.met = self.joined.copy()
        self.contact_gap = market.contact_gap * np.exp(0.6 * chance.standard_normal(size))
        self.anger = np.zeros(size)
        self.leaves = np.full(size, np.inf)
        self.fading = np.full(size, np.inf)
        self.fades = chance.random(size) < _FADING
        self.hazards = np.zeros((size, len(CAUSES)))
        self.orders, self.contacts, self.surveys = (_Log([], [], []) for _ in range(3))
        self.complaints, self.resolved = _Log([], [], []), list[Floats]()

    def live(self) -> World:
        for week in range(WEEKS + AFTER):
            self._buy(float(week))
            if week < WEEKS:
                self._treat(float(week))
                self._leave(float(week))
        complaints = self.complaints.columns("severity")
        complaints["resolved"] = _at(np.concatenate(self.resolved))
        contacts = {name: self.contacts.columns("_")[name] for name in ("customer", "ts")}
        facts = record(
            np.arange(self.size),
            orders=self.orders.columns("amount"),
            complaints=complaints,
            contacts=contacts,
            surveys=self.surveys.columns("score"),
        )
        as_of = START + np.timedelta64(WEEKS * 7, "D") - np.timedelta64(1, "s")
        return World(self.market, facts, as_of, self.hazards, self.leaves <= WEEKS)

    def _buy(self, week: float) -> None:
        """Orders of the week and what follows them: complaints and answers."""
        market, chance = self.market, self.chance
        pace = 1.0 + market.season * np.sin(2.0 * np.pi * week / 52.0)
        while (due := np.flatnonzero((self.next < week + 1.0) & (self.next < self.leaves))).size:
            at = self.next[due]
            self.orders.add(due, at, self.value[due] * chance.lognormal(0.0, 0.4, due.size))
            slowed = np.where(at > self.fading[due], _SLOWED, 1.0)
            gaps = chance.gamma(market.k, 1.0 / market.k, due.size) * self.gap[due] * slowed / pace
            self.next[due] = at + np.maximum(gaps, 1.0 / 7.0)
            self._complain(due, at)
            self._answer(due, at)

    def _complain(self, buyers: Ints, at: Floats) -> None:
        unhappy = self.chance.random(buyers.size) < 0.018 * np.minimum(self.gap[buyers], 8.0)
        who, when = buyers[unhappy], at[unhappy] + self.chance.uniform(0.1, 1.0, int(unhappy.sum()))
        severity = self.chance.choice([1.0, 2.0, 3.0], who.size, p=[0.5, 0.35, 0.15])
        days = self.chance.lognormal(2.2, 0.9, who.size)
        self.complaints.add(who, when, severity)
        self.resolved.append(when + days / 7.0)
        weight = severity * np.where(days > _SLOW_DAYS, 2.5, 1.0)
        np.add.at(self.anger, who, weight)
        np.subtract.at(self.mood, who, 0.15 * weight)

    def _answer(self, buyers: Ints, at: Floats) -> None:
        told = buyers[self.chance.random(buyers.size) < np.minimum(0.05 * self.gap[buyers], 0.5)]
        noise = self.chance.normal(0.0, 0.5, told.size)
        score = np.clip(np.round(self.mood[told] + noise), 1.0, 5.0)
        self.surveys.add(told, at[np.isin(buyers, told)] + 0.1, score)

    def _treat(self, week: float) -> None:
        """Contacts of the week; moods drift. Nobody calls those who have left."""
        here = (self.joined <= week) & (self.leaves > week)
        called = np.flatnonzero(
            here & (self.chance.random(self.size) < 1.0 / np.maximum(self.contact_gap, 1.1))
        )
        self.contacts.add(called, week + self.chance.random(called.size), np.zeros(called.size))
        self.met[called] = week
        drift = self.chance.normal(0.0, 0.1, self.size)
        self.mood = np.clip(self.mood + 0.04 * (self.usual - self.mood) + drift, 1.0, 5.0)
        self.anger *= np.exp(-1.0 / _MEMORY)

    def _leave(self, week: float) -> None:
        quiet = np.maximum(week - self.met - _QUIET, 0.0)
        low = np.maximum(3.7 - self.mood, 0.0)
        parts = (0.0035 * self.anger**1.3, 0.012 * low**1.5, 0.00035 * quiet**1.6)
        self.hazards = np.minimum(np.column_stack(parts), _MOST)
        here = (self.joined <= week) & np.isinf(self.leaves)
        goes = here & (self.chance.random(self.size) < BY_CHANCE + self.hazards.sum(axis=1))
        fading = goes & self.fades & np.isinf(self.fading)
        self.fading[fading] = week
        self.leaves[goes] = np.where(
            self.fades[goes], week + self.chance.uniform(2.0, _SLOW_FROM, self.size)[goes], week
        )


def _at(weeks: Floats) -> NDArray[np.datetime64]:
    return START + (weeks * 7.0 * 86_400e6).astype("timedelta64[us]")
