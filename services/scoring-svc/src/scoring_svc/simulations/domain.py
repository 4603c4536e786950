"""What a simulation comes to in sums: who moves between tiers, what is at stake, whose load changes how."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.tiers import NO_TIER, TIERS
from scoring_svc.modelling.whatif import Situation, WhatIf

_UP, _DOWN = 1, -1


@dataclass(frozen=True, slots=True)
class Columns:
    """Beside what was decided on: money in minor units, and whose each customer is; (customers,) each."""

    contributed_52: Ints
    value_52: Ints
    negative_before: Bools
    owners: Sequence[Any]
    distributors: Sequence[Any]
    segments: Sequence[str]


def summary(now: Situation, found: WhatIf, columns: Columns) -> dict[str, Any]:
    """The sums of a simulation as plain JSON values."""
    pinned = now.pins.tier != NO_TIER
    return {
        "matrix": _matrix(now.shown, found.tiers.tier, columns),
        "moves": {
            "up": _stake(found.moved == _UP, columns),
            "down": _stake(found.moved == _DOWN, columns),
        },
        "owners": _groups("owner_id", columns.owners, now, found),
        "distributors": _groups("distributor_id", columns.distributors, now, found),
        "segments": _groups("segment", columns.segments, now, found),
        "negative_value": {
            "now": int(columns.negative_before.sum()),
            "then": int(found.tiers.negative_value.sum()),
        },
        "overrides": {
            "active": int(pinned.sum()),
            "against_rules": int((pinned & (found.tiers.tier != found.tiers.by_rule)).sum()),
        },
    }


def minor(amounts: Floats, per_unit: float) -> Ints:
    """Amounts in minor units."""
    return np.round(amounts * per_unit).astype(np.int64)


def _matrix(before: Ints, after: Ints, columns: Columns) -> list[dict[str, Any]]:
    cells = []
    for come_from in (NO_TIER, *range(len(TIERS))):
        for to in range(len(TIERS)):
            there = (before == come_from) & (after == to)
            if come_from == NO_TIER and not there.any():
                continue
            tier = None if come_from == NO_TIER else TIERS[come_from]
            cells.append({"from_tier": tier, "to_tier": TIERS[to], **_stake(there, columns)})
    return cells


def _stake(chosen: Bools, columns: Columns) -> dict[str, int]:
    return {
        "customers": int(chosen.sum()),
        "contributed_52_minor": int(columns.contributed_52[chosen].sum()),
        "value_52_minor": int(columns.value_52[chosen].sum()),
    }


def _groups(name: str, keys: Sequence[Hashable], now: Situation, found: WhatIf) -> list[dict[str, Any]]:
    """For each value of `keys`: customers by tier now and then, and how many go up and down."""
    numbers: dict[Hashable, int] = {}
    codes = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    size = len(numbers)

    def counted(chosen: Bools) -> Ints:
        return np.bincount(codes[chosen], minlength=size)

    now_by = {tier: counted(now.shown == code) for code, tier in enumerate(TIERS)}
    then_by = {tier: counted(found.tiers.tier == code) for code, tier in enumerate(TIERS)}
    up, down = counted(found.moved == _UP), counted(found.moved == _DOWN)
    return [
        {
            name: None if key is None else str(key),
            "now": {tier: int(counts[at]) for tier, counts in now_by.items()},
            "then": {tier: int(counts[at]) for tier, counts in then_by.items()},
            "up": int(up[at]),
            "down": int(down[at]),
        }
        for key, at in sorted(numbers.items(), key=lambda pair: (pair[0] is None, str(pair[0])))
    ]
