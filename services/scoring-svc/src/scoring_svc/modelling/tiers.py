"""The tier of a customer: core, important or ordinary, by contribution and potential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats, Ints, Times
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.percentiles import Percentiles, Segments, percentiles
from scoring_svc.modelling.policy import Policy, TierRule
from scoring_svc.modelling.weeks import DAYS

TIERS = ("ordinary", "important", "core")
ORDINARY, IMPORTANT, CORE = range(3)
NO_TIER = -1
_NOISE = 1e-6
"""Money by which sums of the same amounts may differ in another order; nobody is negative by so little."""


@dataclass(frozen=True, slots=True)
class PreviousTiers:
    """Tier (-1 for none) and the day since which it stands, shape (customers,) each."""

    tier: Ints
    since: Times


@dataclass(frozen=True, slots=True)
class Tiers:
    """Axes are percentiles 0 to 100, 0 without an order; `brought` is the money of the last 52 weeks."""

    tier: Ints
    since: Times
    contribution: Floats
    potential: Floats
    relationship: Floats  # NaN where nothing is known
    brought: Floats
    negative_value: Bools


def tier_inputs(
    known: Features, value_52: Floats, policy: Policy, *, headroom: Floats | None = None
) -> dict[str, Floats]:
    """The inputs of both axes, NaN where unknown or without an order.

    `value_52` is the value expected in the next 52 weeks; `headroom` anything that grows with what else the
    customer could buy (size, share of wallet).
    """
    seen, treated = known.rhythm, known.care
    brought = contribution_52(known, policy)
    inputs = {
        "amount_52": brought,
        "orders_52": seen.orders_52,
        "tenure": seen.age,
        "satisfaction": treated.satisfaction_mean,
        "closeness": -treated.weeks_since_contact,
        "forecast_52": value_52,
        "growth": value_52 - brought,
        "headroom": np.full(len(known), np.nan) if headroom is None else headroom,
    }
    return {name: np.where(known.bought, values, np.nan) for name, values in inputs.items()}


def contribution_52(known: Features, policy: Policy) -> Floats:
    """Margin of the last 52 weeks less the cost of complaints and contacts."""
    cost = policy.complaint_cost * known.care.complaints_52 + policy.contact_cost * known.care.contacts_52
    return policy.margin * known.rhythm.net_52 - cost


def tier_percentiles(
    inputs: Mapping[str, Floats], rule: TierRule, segments: Segments | None = None
) -> Percentiles:
    """Grids of the inputs and, from them, of the two axes."""
    base = percentiles(inputs, segments, smallest=rule.smallest_segment)
    axes = {
        "contribution": _weighted(inputs, rule.contribution, base, segments),
        "potential": _weighted(inputs, rule.potential, base, segments),
    }
    return base.with_inputs(percentiles(axes, segments, smallest=rule.smallest_segment))


def tiers(
    known: Features,
    inputs: Mapping[str, Floats],
    grids: Percentiles,
    policy: Policy,
    *,
    segments: Segments | None = None,
    previous: PreviousTiers | None = None,
) -> Tiers:
    """Tier of every customer against stored `grids`.

    A threshold moves by the hysteresis in favour of the tier held; within the minimum stay nobody moves down.
    """
    rule, brought = policy.tiers, contribution_52(known, policy)
    contribution = _axis("contribution", inputs, rule.contribution, grids, segments)
    potential = _axis("potential", inputs, rule.potential, grids, segments)
    related = _weighted(inputs, {"satisfaction": 1.0, "closeness": 1.0}, grids, segments)
    held = previous or PreviousTiers(
        np.full(len(known), NO_TIER), np.full(len(known), np.datetime64("NaT", "D"))
    )
    core_from = rule.core_from + rule.hysteresis * _favour(held.tier, CORE)
    important_from = rule.important_from + rule.hysteresis * _favour(held.tier, IMPORTANT)
    close = np.isnan(related) | (related >= rule.relationship_at_least)
    tier = np.where(potential >= important_from, IMPORTANT, ORDINARY)
    tier = np.where((contribution >= core_from) & close, CORE, tier)
    tier = np.where(known.bought, tier, ORDINARY)
    stays = (tier < held.tier) & ((known.today - held.since) < _days(rule.minimum_stay_weeks))
    tier = np.where(stays, held.tier, tier)
    since = np.where(tier == held.tier, held.since, known.today)
    return Tiers(tier, since, contribution, potential, related, brought, known.bought & (brought < -_NOISE))


def _axis(
    name: str,
    inputs: Mapping[str, Floats],
    weights: Mapping[str, float],
    grids: Percentiles,
    segments: Segments | None,
) -> Floats:
    return np.nan_to_num(grids.rank(name, _weighted(inputs, weights, grids, segments), segments), nan=0.0)


def _weighted(
    inputs: Mapping[str, Floats],
    weights: Mapping[str, float],
    grids: Percentiles,
    segments: Segments | None,
) -> Floats:
    """Weighted mean of the percentiles that are known; NaN when none is."""
    size = len(next(iter(inputs.values())))
    total, weight_known = np.zeros(size), np.zeros(size)
    for name, weight in weights.items():
        ranked = grids.rank(name, inputs[name], segments)
        held = ~np.isnan(ranked)
        total[held] += weight * ranked[held]
        weight_known[held] += weight
    return np.where(weight_known > 0, total / np.maximum(weight_known, 1e-12), np.nan)


def _favour(held: Ints, tier: int) -> Floats:
    return np.where(held == NO_TIER, 0.0, np.where(held == tier, -1.0, 1.0))


def _days(weeks: float) -> np.timedelta64:
    return np.timedelta64(round(weeks * DAYS), "D")
