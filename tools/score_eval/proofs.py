"""Proofs that are not a matter of degree: published parameters, no leak, the same again, alone as in bulk."""

import time
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
from tools.score_eval.cases import Case
from tools.score_eval.causes import joined
from tools.score_eval.lines import Line

from scoring_svc.modelling.facts import Facts, Ints, Log
from scoring_svc.modelling.features import features
from scoring_svc.modelling.forecast import Forecast, foresee
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.origins import buyers_at
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.purchase_fit import fit_bgnbd
from scoring_svc.modelling.spend import fit_gamma_gamma

AnyLog = TypeVar("AnyLog", bound=Log)
_SAME = 1e-9
_ALONE = 100
_PUBLISHED = {"r": (0.243, 0.005), "alpha": (4.414, 0.005), "a": (0.793, 0.01), "b": (2.426, 0.01)}
_PUBLISHED_SPEND = {"p": (6.25, 0.01), "q": (3.74, 0.01), "gamma": (15.44, 0.01)}


def published(case: Case) -> Iterator[Line]:
    """Fader, Hardie & Lee (2005) and Fader & Hardie (2013) on the CDNOW sample."""
    began = time.process_time()
    model = fit_bgnbd(case.origin.seen, l2=0.0)
    spent = time.process_time() - began
    for name, (value, near) in _PUBLISHED.items():
        yield _off(f"BG/NBD {name}", getattr(model, name), value, near)
    yield _gap("BG/NBD log likelihood", model.log_likelihood, -9582.43)
    yield Line("cdnow_sample", "BG/NBD fit, CPU s", spent, 0.5, "at most")
    seen, known = case.origin.known.rhythm, case.facts.as_of(case.as_of)
    first = (
        known.orders.ts.astype("datetime64[D]") == np.full(len(known), seen.first_day)[known.orders.customer]
    )
    orders = known.orders.rows(~first)
    total = np.bincount(orders.customer, weights=orders.amount, minlength=len(known))
    again = (seen.repeats > 0) & (total > 0)
    spend = fit_gamma_gamma(seen.repeats[again], total[again] / seen.repeats[again])
    for name, (value, near) in _PUBLISHED_SPEND.items():
        yield _off(f"Gamma-Gamma {name}", getattr(spend, name), value, near)
    yield _gap("Gamma-Gamma log likelihood", spend.log_likelihood, -4055.92)


def sameness(case: Case, model: ScoringModel, said: Forecast) -> Iterator[Line]:
    """Later events change nothing, learning again neither, nor being scored alone."""
    later = _with_future(case.facts, case.as_of)
    for what, facts in (("leak: later events", later), ("learnt again", case.facts.as_of(case.as_of))):
        other = learn(facts, case.as_of, horizon_weeks=case.horizon)
        chosen = features(facts.chosen(buyers_at(case.facts, case.as_of)), case.as_of)
        yield Line(case.name, what, _apart(said, foresee(chosen, other, Policy())), _SAME, "at most")
    yield Line(case.name, "alone v in bulk", _alone(case, model, said), _SAME, "at most")


def _alone(case: Case, model: ScoringModel, said: Forecast) -> float:
    worst, places = 0.0, buyers_at(case.facts, case.as_of)
    for row in np.linspace(0, len(places) - 1, _ALONE).astype(np.int64):
        one = features(case.facts.between(int(places[row]), int(places[row]) + 1), case.as_of)
        worst = max(worst, _apart(said, foresee(one, model, Policy()), slice(int(row), int(row) + 1)))
    return worst


def _apart(said: Forecast, other: Forecast, rows: slice = slice(None)) -> float:
    """The largest difference of any number told; money relative to its size."""
    plain = max(
        float(np.abs(mine[rows] - theirs).max())
        for mine, theirs in (
            (said.risk.probability, other.risk.probability),
            (said.expected_orders, other.expected_orders),
            (said.reasons.weight, other.reasons.weight),
        )
    )
    value = said.expected_value[rows]
    money = np.abs(value - other.expected_value) / np.maximum(np.abs(value), 1.0)
    return max(plain, float(money.max()))


def _with_future(facts: Facts, as_of: np.datetime64) -> Facts:
    """Each customer orders, complains, answers and is met once more, a week after `as_of`."""
    everybody, then = np.arange(len(facts)), as_of + np.timedelta64(7, "D")
    logs = {
        each.name: _once_more(getattr(facts, each.name), everybody, then)
        for each in fields(facts)
        if each.name in {"orders", "complaints", "contacts", "surveys"}
    }
    return replace(facts, **logs)


def _once_more(log: AnyLog, who: Ints, then: np.datetime64) -> AnyLog:
    zeros = {each.name: np.zeros(len(who)).astype(getattr(log, each.name).dtype) for each in fields(log)}
    added = replace(log, **{**zeros, "customer": who, "ts": np.full(len(who), then, "datetime64[us]")})
    return joined([log, added]).in_order()


def _off(what: str, value: float, published_value: float, near: float) -> Line:
    off = abs(value / published_value - 1.0)
    return Line(
        "cdnow_sample", f"{what}, off by", off, near, "at most", {"ours": value, "published": published_value}
    )


def _gap(what: str, value: float | None, published_value: float) -> Line:
    off = abs((value if value is not None else np.nan) - published_value)
    beside = {"ours": float(value or np.nan), "published": published_value}
    return Line("cdnow_sample", f"{what}, off by", off, 0.05, "at most", beside)
