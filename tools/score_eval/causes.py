"""Drivers judged against planted causes: is the true one first, do facts contradict, does a retrain agree."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from tools.score_eval.cases import Case
from tools.score_eval.lines import Line
from tools.score_eval.simulate import BY_CHANCE, CAUSES

from scoring_svc.modelling.facts import Bools, Facts, Floats, Ints, Log
from scoring_svc.modelling.forecast import Forecast, foresee
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.origins import buyers_at
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.reasons import CATEGORIES, NO_CODE, Reasons

AnyLog = TypeVar("AnyLog", bound=Log)
_PLACES = [CATEGORIES.index(cause) for cause in CAUSES]
_CLEARLY = 1.5 * BY_CHANCE
_TWICE, _AMONG_FIRST = 2.0, 3
_HALF_YEAR, _RECENT, _GOOD = 26.0, 6.0, 4.0


@dataclass(frozen=True)
class Verdicts:
    """Counts that can be added up over cases."""

    at_risk: int = 0
    first: int = 0
    among_three: int = 0
    named: int = 0
    contradicted: int = 0

    def __add__(self, other: "Verdicts") -> "Verdicts":
        return Verdicts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def lines(self, name: str) -> Iterator[Line]:
        beside = {"at risk of a known cause": float(self.at_risk)}
        share = max(self.named, 1)
        yield Line(
            name, "contradicted drivers", self.contradicted / share, 0.005, "at most", {"named": share}
        )
        yield Line(
            name, "true driver first among drivers", self.first / self.at_risk, 0.72, "at least", beside
        )
        yield Line(
            name, "true driver among the first three", self.among_three / self.at_risk, 0.80, "at least"
        )


def verdicts(case: Case, said: Forecast) -> Verdicts:
    """Of customers who still bought within the horizon and of whom one cause stands out.

    It stands out when its hazard is above one and a half times that of leaving by chance, and twice the next.
    """
    assert case.hazards is not None  # noqa: S101 - the caller chose cases with a truth
    weights = said.reasons.by_category()
    drivers = weights[:, _PLACES]
    true, strength = case.hazards.argmax(axis=1), np.sort(case.hazards, axis=1)
    risk = case.origin.early & (strength[:, -1] > _CLEARLY) & (strength[:, -1] > _TWICE * strength[:, -2])
    own = drivers[np.arange(len(true)), true]
    stronger = (weights > own[:, None]).sum(axis=1)
    named = drivers > 0.0
    return Verdicts(
        at_risk=int(risk.sum()),
        first=int((risk & (own > 0.0) & (drivers.argmax(axis=1) == true)).sum()),
        among_three=int((risk & (own > 0.0) & (stronger < _AMONG_FIRST)).sum()),
        named=int(named.sum()),
        contradicted=int((named & ~_factual(case)).sum()),
    )


def _factual(case: Case) -> Bools:
    """Shape (customers, CAUSES), read from the log itself, not from the features or the guard."""
    facts = case.facts.as_of(case.as_of)
    today = case.as_of.astype("datetime64[D]")
    complained, displeased, silent = (np.zeros(len(facts), dtype=bool) for _ in range(3))
    complaints, surveys, contacts = facts.complaints, facts.surveys, facts.contacts
    near = (_weeks(complaints, today) < _HALF_YEAR) | np.isnat(complaints.resolved)
    complained[complaints.customer[near]] = True
    for who in np.unique(surveys.customer):
        scores = surveys.score[slice(*np.searchsorted(surveys.customer, (who, who + 1)))]
        displeased[who] = min(scores[-1], scores.mean()) < _GOOD or scores[-1] < scores.mean()
    met = np.full(len(facts), np.nan)
    met[contacts.customer] = _weeks(contacts, today)
    silent[met > _RECENT] = True
    return np.column_stack([complained, displeased, silent])[buyers_at(facts, case.as_of)]


def _weeks(log: Log, today: np.datetime64) -> Floats:
    return (today - log.ts.astype("datetime64[D]")).astype(np.float64) / 7.0


def steadiness(case: Case, said: Forecast) -> Iterator[Line]:
    """Reasons of the riskiest tenth: are there any, and are they the same after a bootstrap retrain."""
    known, early = case.origin.known, np.flatnonzero(case.origin.early)
    chance = said.risk.probability
    riskiest = _riskiest(np.arange(len(chance)), chance)
    without = int((said.reasons.code[riskiest] == NO_CODE).all(axis=1).sum())
    yield Line(case.name, "riskiest 10 % without a reason", float(without), 0.0, "at most")
    draws = np.random.default_rng(0).integers(0, len(case.facts), len(case.facts))
    other = learn(resampled(case.facts.as_of(case.as_of), draws), case.as_of, horizon_weeks=case.horizon)
    again = foresee(known, other, Policy())
    for name, group in (("", riskiest), (", early", _riskiest(early, chance))):
        same = float(np.mean(top_reason(said.reasons)[group] == top_reason(again.reasons)[group]))
        yield Line(case.name, f"same top reason, retrained{name}", same, None if name else 0.95, "at least")


def top_reason(reasons: Reasons) -> Ints:
    """The category of each customer's strongest reason; -1 for none."""
    weights = reasons.by_category()
    return np.where(weights.max(axis=1) > 0.0, weights.argmax(axis=1), -1)


def _riskiest(group: Ints, chance: Floats) -> Ints:
    return group[np.argsort(-chance[group], kind="stable")[: max(len(group) // 10, 1)]]


def resampled(facts: Facts, draws: Ints) -> Facts:
    """The customers of `draws`, as often as they were drawn, each copy a customer of its own."""
    times = np.bincount(draws, minlength=len(facts))
    copies = [facts.chosen(np.flatnonzero(times > copy)) for copy in range(int(times.max()))]
    offsets = np.cumsum([0, *map(len, copies)])
    logs = {
        each.name: joined(
            [
                replace(log, customer=log.customer + offset)
                for log, offset in zip(
                    (getattr(copy, each.name) for copy in copies), offsets[:-1], strict=True
                )
            ]
        )
        for each in fields(facts)
        if each.name != "customers"
    }
    return replace(facts, customers=np.arange(offsets[-1]), **logs)


def joined(logs: list[AnyLog]) -> AnyLog:
    """The rows of all of them, one log after the other."""
    columns = {
        each.name: np.concatenate([getattr(log, each.name) for log in logs]) for each in fields(logs[0])
    }
    return replace(logs[0], **columns)
