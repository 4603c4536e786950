"""What a policy would make of everybody: the same placing as scoring, with what moved each customer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.percentiles import Percentiles, Segments
from scoring_svc.modelling.policy import Policy, TierRule
from scoring_svc.modelling.tiers import (
    CORE,
    IMPORTANT,
    NO_TIER,
    Pins,
    PreviousTiers,
    Tiers,
    place,
    thresholds,
    tier_percentiles,
)

CAUSES = (
    "contribution_reached",
    "contribution_fell",
    "relationship_low",
    "potential_reached",
    "potential_fell",
    "pinned",
    "pin_ended",
    "no_orders",
)
"""What moves a customer; cause number n is bit n of `WhatIf.causes`."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that tiers are decided on; shape (customers,) each, money in the unit of the facts.

    `shown` are the tiers as people see them today (-1 for none), `held` those by rule beneath pins.
    """

    today: np.datetime64
    inputs: Mapping[str, Floats]
    brought: Floats
    shown: Ints
    held: PreviousTiers
    pins: Pins
    segments: Segments | None = None

    def digest(self) -> str:
        """SHA-256 of all of it, the same for the same situation."""
        told = hashlib.sha256(str(self.today).encode())
        for name in sorted(self.inputs):
            told.update(name.encode() + np.ascontiguousarray(self.inputs[name]).tobytes())
        for column in (self.brought, self.shown, self.held.tier, self.pins.tier):
            told.update(np.ascontiguousarray(column).tobytes())
        for days in (self.held.since, self.pins.since):
            told.update(days.astype("datetime64[D]").astype(np.int64).tobytes())
        if self.segments is not None:
            told.update("\n".join(self.segments.names).encode() + self.segments.codes.tobytes())
        return told.hexdigest()


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The tiers that a policy gives, the grids that it ranks by, and what moved whom where.

    `moved` is 1 up, -1 down, 0 neither (whoever had no tier yet has not moved); `causes` are bits of CAUSES.
    """

    tiers: Tiers
    grids: Percentiles
    moved: Ints
    causes: Ints


def what_if(now: Situation, policy: Policy) -> WhatIf:
    """Place everybody under `policy`, against percentiles of everybody by its weights."""
    grids = tier_percentiles(now.inputs, policy.tiers, now.segments)
    found = place(
        now.today,
        now.inputs,
        now.brought,
        grids,
        policy,
        segments=now.segments,
        previous=now.held,
        pins=now.pins,
    )
    moved = np.where(now.shown == NO_TIER, 0, np.sign(found.tier - now.shown))
    return WhatIf(found, grids, moved, _causes(now, found, moved != 0, policy.tiers))


def _causes(now: Situation, found: Tiers, moves: Bools, rule: TierRule) -> Ints:
    bars, to, held = thresholds(now.held.tier, rule), found.by_rule, now.held.tier
    pinned = now.pins.tier != NO_TIER
    contributes = found.contribution >= bars.core
    bought = ~np.isnan(now.inputs["orders_52"])
    by_cause = (
        ~pinned & (to == CORE) & (held != CORE),
        ~pinned & (held == CORE) & (to != CORE) & ~contributes & bought,
        ~pinned & (held == CORE) & (to != CORE) & contributes & bought,
        ~pinned & (to == IMPORTANT) & (held != IMPORTANT),
        ~pinned & (held == IMPORTANT) & (to < IMPORTANT) & bought,
        pinned,
        ~pinned & (now.shown != held),
        ~pinned & (held > to) & ~bought,
    )
    bits = np.zeros(len(moves), dtype=np.int64)
    for bit, holds in enumerate(by_cause):
        bits |= np.where(moves & holds, 1 << bit, 0)
    return bits
