"""Drift: how far what is seen now lies from what a model was learnt on, as the population stability index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring_svc.modelling.facts import Floats

BINS = 10
FEWEST = 200
"""Below so many customers on either side nothing is said: chance alone would move the index."""
_SCORE_EDGES = np.linspace(0.0, 1.0, BINS + 1)[1:-1]
_HALF = 0.5
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shift:
    """`psi` is the sum over bins of (now - then) * ln(now / then).

    `noise` is what chance alone makes of it on average between two samples of these sizes, (bins - 1) *
    (1/n + 1/m): a shift counts as far as `beyond_noise` goes.
    """

    psi: float
    noise: float

    @property
    def beyond_noise(self) -> float:
        return max(self.psi - self.noise, 0.0)


def reference(inputs: Floats, names: Sequence[str], chance: Floats) -> Document:
    """The distribution of each input, (customers, inputs), and of the chance of leaving; plain JSON values.

    Edges are tenths of the known values, each value once; a value that is unknown has a bin of its own.
    """
    edges = {name: _edges(inputs[:, place]) for place, name in enumerate(names)}
    return {
        "customers": len(chance),
        "inputs": {
            name: {"edges": edges[name].tolist(), "counts": counts(inputs[:, place], edges[name])}
            for place, name in enumerate(names)
        },
        "score": {"edges": _SCORE_EDGES.tolist(), "counts": counts(chance, _SCORE_EDGES)},
    }


def shifts(then: Document, inputs: Floats, names: Sequence[str], chance: Floats) -> dict[str, Shift] | None:
    """By input, and `score` for the chance of leaving; None below 200 customers on either side.

    Inputs that the reference does not know are left out.
    """
    if min(then["customers"], len(chance)) < FEWEST:
        return None
    columns = {name: inputs[:, place] for place, name in enumerate(names)}
    known: Mapping[str, Document] = {**then["inputs"], "score": then["score"]}
    columns["score"] = chance
    return {name: _shift(part, columns[name]) for name, part in known.items() if name in columns}


def counts(values: Floats, edges: Floats) -> list[int]:
    """How many values are at or below each edge and above the one before, above all, and unknown."""
    held = values[~np.isnan(values)]
    place = np.searchsorted(edges, held, side="left")
    inside = np.bincount(place, minlength=len(edges) + 1)
    return [*map(int, inside), len(values) - len(held)]


def psi(then: Sequence[int], now: Sequence[int]) -> float:
    """Of two histograms over the same bins; half a case is added to each that either side has a case in."""
    used = [place for place, pair in enumerate(zip(then, now, strict=True)) if any(pair)]
    before, after = _shares([then[place] for place in used]), _shares([now[place] for place in used])
    return float(np.sum((after - before) * np.log(after / before)))


def _shift(part: Document, values: Floats) -> Shift:
    then, now = part["counts"], counts(values, np.array(part["edges"], dtype=np.float64))
    used = sum(1 for before, after in zip(then, now, strict=True) if before or after)
    return Shift(psi(then, now), (used - 1) * (1.0 / sum(then) + 1.0 / sum(now)))


def _shares(sizes: Sequence[int]) -> Floats:
    smoothed = np.asarray(sizes, dtype=np.float64) + _HALF
    return np.asarray(smoothed / smoothed.sum(), dtype=np.float64)


def _edges(values: Floats) -> Floats:
    held = values[~np.isnan(values)]
    if not len(held):
        return np.empty(0)
    return np.unique(np.quantile(held, np.linspace(0.0, 1.0, BINS + 1)[1:-1]))
