"""Fit of the purchase model by maximum likelihood with its analytic gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.purchase import Family, Histories, PurchaseModel, silence_series

WEAK_PRIOR = 1e-3
_BOUND = 8.0  # of every log parameter, with time scaled to 10
_NEAR_BOUND = 7.5
_SCALED_AGE = 10.0
_FIRM_PRIOR = 0.05
_PRIOR_CUSTOMERS = 50.0
_UNKNOWN_GAP = 6.0
_ENOUGH = 40_000  # of more, every n-th teaches: the others move no parameter that anybody could see
VARIANTS: tuple[tuple[Family, int], ...] = (("bg", 1), ("mbg", 1), ("mbg", 2), ("mbg", 3), ("mbg", 4))


def fit_bgnbd(seen: Histories, *, l2: float = WEAK_PRIOR) -> PurchaseModel:
    """BG/NBD (Fader, Hardie & Lee 2005); `l2=0` is the published plain maximum likelihood."""
    return fit_purchase(seen, family="bg", k=1, l2=l2)


def fit_purchase(
    seen: Histories,
    *,
    family: Family = "mbg",
    k: int = 1,
    l2: float = WEAK_PRIOR,
    prior: PurchaseModel | None = None,
) -> PurchaseModel:
    """The most likely parameters, in weeks; `l2` per customer pulls the log parameters weakly towards 0.

    With a `prior` of the same family they are pulled towards its parameters instead, `l2` times over.
    `degenerate` is set when a parameter runs to its bound or nobody repeated: such a model says, for example,
    that no customer ever leaves, and must not be trusted with long silences.

    Raises:
        ValueError: no customers.
    """
    if len(seen) == 0:
        raise ValueError("nobody to learn from")
    sample = seen.at(slice(None, None, -(-len(seen) // _ENOUGH)))
    scale = _SCALED_AGE / max(float(sample.age.max()), 1e-9)
    scaled = Histories(sample.repeats, sample.last_week * scale, sample.age * scale, sample.sum_log_gaps)
    centre = np.zeros(4) if prior is None else np.log([prior.r, prior.alpha * scale, prior.a, prior.b])
    best = minimize(
        _objective(scaled, family, k, l2, centre),
        np.clip(centre, -_BOUND, _BOUND),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_BOUND, _BOUND)] * 4,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9},
    )
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    model = PurchaseModel(family, k, r, alpha / scale, a, b, customers=len(seen))
    stuck = bool(np.any(np.abs(best.x) > _NEAR_BOUND)) or not bool(np.any(sample.repeats > 0))
    return replace(model, degenerate=stuck, log_likelihood=log_likelihood(model, sample))


def fit_trusted(seen: Histories, *, family: Family = "mbg", k: int = 1) -> PurchaseModel:
    """The fit to score with: where the free one is degenerate, one drawn firmly to `usual_model`.

    The gap of the usual model is then the customers' own. It goes on saying `degenerate`: the alarm.

    Raises:
        ValueError: no customers.
    """
    free = fit_purchase(seen, family=family, k=k)
    if not free.degenerate:
        return free
    usual = replace(usual_model(_own_gap(seen) / k), family=family, k=k)
    return replace(fit_purchase(seen, family=family, k=k, l2=_FIRM_PRIOR, prior=usual), degenerate=True)


def _own_gap(seen: Histories) -> float:
    """The median repeat customer's mean gap in weeks, within a day and a year; six when nobody repeats."""
    again = seen.repeats > 0
    if not again.any():
        return _UNKNOWN_GAP
    return float(np.clip(np.median(seen.last_week[again] / seen.repeats[again]), 1.0 / 7.0, 52.0))


def fit_from_prior(seen: Histories, gap: float) -> PurchaseModel:
    """`usual_model(gap)` moved by what little data there is, as if the prior were fifty customers."""
    prior = usual_model(gap)
    if len(seen) == 0:
        return prior
    return fit_purchase(seen, l2=_PRIOR_CUSTOMERS / len(seen), prior=prior)


def fit_named(seen: Histories, name: str) -> PurchaseModel:
    """Fit the variant of that `PurchaseModel.name`, as `fit_trusted` does."""
    variants = {PurchaseModel(family, k, 1, 1, 1, 1).name: (family, k) for family, k in VARIANTS}
    family, k = variants[name]
    return fit_trusted(seen, family=family, k=k)


def log_likelihood(model: PurchaseModel, seen: Histories) -> float:
    """Sum over customers, time in weeks."""
    return float(
        np.sum(_terms(_Point(model.r, model.alpha, model.a, model.b), seen, model.family, model.k)[0])
    )


def usual_model(gap: float) -> PurchaseModel:
    """The documented prior for too little data: gaps around `gap` weeks, one order in four is the last.

    r = 1 (orders as spread as an exponential), alpha = gap, a / (a + b) = .8 / 3.2.
    """
    return PurchaseModel("mbg", 1, 1.0, gap, 0.8, 2.4)


@dataclass(frozen=True, slots=True)
class _Point:
    r: float
    alpha: float
    a: float
    b: float


def _objective(
    seen: Histories, family: Family, k: int, l2: float, centre: Floats
) -> Callable[[Floats], tuple[float, Floats]]:
    def negative(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        terms, slopes = _terms(_Point(*values), seen, family, k)
        gradient = np.array([float(np.mean(slope)) for slope in slopes]) * values
        off = logs - centre
        return -float(np.mean(terms)) + l2 * float(off @ off), -gradient + 2 * l2 * off

    return negative


def _terms(at: _Point, seen: Histories, family: Family, k: int) -> tuple[Floats, tuple[Floats, ...]]:
    """Each customer's log likelihood and its derivatives by r, alpha, a, b."""
    repeats, age, last = seen.repeats, at.alpha + seen.age, at.alpha + seen.last_week
    shape, kept = at.r + k * repeats, repeats + (1.0 if family == "mbg" else 0.0)
    wait = (seen.age - seen.last_week) / age
    series, by_shape, by_wait = silence_series(shape, wait, k)
    chances = np.maximum(at.b + kept - 1.0, 1e-12)
    gone = np.log(at.a) - np.log(chances) + shape * np.log(age / last)
    if family == "bg":
        gone = np.where(repeats > 0, gone, -np.inf)
    both = np.logaddexp(np.log(series), gone)
    here, left = np.exp(np.log(series) - both), np.exp(gone - both)
    terms = (
        gammaln(shape) - gammaln(at.r) + at.r * np.log(at.alpha) - shape * np.log(age) + both
        + betaln(at.a, at.b + kept) - betaln(at.a, at.b)
        + (k - 1) * seen.sum_log_gaps - repeats * gammaln(k)
    )  # fmt: skip
    every = digamma(at.a + at.b) - digamma(at.a + at.b + kept)
    slopes = (
        digamma(shape) - digamma(at.r) + np.log(at.alpha)
        + here * (by_shape / series - np.log(age)) - left * np.log(last),
        at.r / at.alpha - here * (shape + wait * by_wait / series) / age - left * shape / last,
        every + left / at.a,
        every + digamma(at.b + kept) - digamma(at.b) - left / chances,
    )  # fmt: skip
    return terms, slopes
