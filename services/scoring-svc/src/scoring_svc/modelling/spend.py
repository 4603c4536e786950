"""The spend model (Gamma-Gamma): what the next order of a customer is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from scoring_svc.modelling.facts import Floats

LARGEST_CORRELATION = 0.3
_SHRINK_ORDERS = 2.0
_FEW = 20


@dataclass(frozen=True, slots=True)
class SpendModel:
    """Gamma-Gamma (Fader & Hardie 2013), or, where it was refused, a mean shrunk to everybody's.

    Gamma-Gamma takes the mean order value to be independent of their number; `refused` says why it was
    not used: "correlated" when their correlation exceeds .3, "too_little_data" below 20 customers.
    """

    kind: Literal["gamma_gamma", "shrunk_mean"]
    mean: float  # of the population, per order
    correlation: float
    customers: int
    p: float = 0.0
    q: float = 0.0
    gamma: float = 0.0
    log_likelihood: float | None = None
    refused: Literal["correlated", "too_little_data"] | None = None

    def order_value(self, orders: Floats, mean_value: Floats) -> Floats:
        """E[value of an order] given so many orders of that mean; the population's mean for none."""
        if self.kind == "gamma_gamma":
            return self.p * (self.gamma + orders * mean_value) / (self.p * orders + self.q - 1.0)
        return (orders * mean_value + _SHRINK_ORDERS * self.mean) / (orders + _SHRINK_ORDERS)

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> SpendModel:
        return cls(**document)


def fit_spend(orders: Floats, mean_value: Floats) -> SpendModel:
    """Fit on customers with at least one order of positive mean net value; returns lower the mean only."""
    seen = (orders > 0) & (mean_value > 0)
    orders, mean_value = orders[seen], mean_value[seen]
    if len(orders) < _FEW:
        mean = float(np.average(mean_value, weights=orders)) if len(orders) else 0.0
        return SpendModel("shrunk_mean", mean, 0.0, len(orders), refused="too_little_data")
    correlation = _correlation(orders, mean_value)
    if correlation > LARGEST_CORRELATION:
        return SpendModel(
            "shrunk_mean", float(np.mean(mean_value)), correlation, len(orders), refused="correlated"
        )
    return fit_gamma_gamma(orders, mean_value)


def fit_gamma_gamma(orders: Floats, mean_value: Floats) -> SpendModel:
    """Plain maximum likelihood; both of shape (customers,), positive, `orders` being those in the mean."""
    scale = float(np.mean(mean_value))
    best = minimize(
        _objective(orders, mean_value / scale),
        np.array([1.0, 1.0, 1.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-4.0, 8.0), (0.02, 8.0), (-6.0, 8.0)],  # q > 1, so that the mean exists
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9},
    )
    p, q, gamma = (float(value) for value in np.exp(best.x))
    gamma *= scale
    return SpendModel(
        kind="gamma_gamma",
        mean=p * gamma / (q - 1.0),
        correlation=_correlation(orders, mean_value),
        customers=len(orders),
        p=p,
        q=q,
        gamma=gamma,
        log_likelihood=float(np.sum(_terms(np.array([p, q, gamma]), orders, mean_value)[0])),
    )


def _correlation(orders: Floats, mean_value: Floats) -> float:
    if np.ptp(orders) == 0 or np.ptp(mean_value) == 0:
        return 0.0
    return float(np.corrcoef(orders, mean_value)[0, 1])


def _objective(orders: Floats, mean_value: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    def negative(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        terms, slopes = _terms(values, orders, mean_value)
        return -float(np.mean(terms)), -np.array([float(np.mean(slope)) for slope in slopes]) * values

    return negative


def _terms(at: Floats, orders: Floats, mean_value: Floats) -> tuple[Floats, tuple[Floats, ...]]:
    """Each customer's log likelihood and its derivatives by p, q, gamma."""
    p, q, gamma = at
    shape, total = p * orders, orders * mean_value
    terms = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma)
        + (shape - 1.0) * np.log(mean_value) + shape * np.log(orders) - (shape + q) * np.log(gamma + total)
    )  # fmt: skip
    logs = np.log(total) - np.log(gamma + total)
    slopes = (
        orders * (digamma(shape + q) - digamma(shape) + logs),
        digamma(shape + q) - digamma(q) + np.log(gamma) - np.log(gamma + total),
        q / gamma - (shape + q) / (gamma + total),
    )
    return terms, slopes
