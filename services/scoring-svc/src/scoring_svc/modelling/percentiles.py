"""Percentiles against stored grids, so that one customer can be ranked without the others at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring_svc.modelling.facts import Floats

EVERYBODY = ""
_POINTS = 1001
_WHOLE = 100.0
_NOISE = 1e-9
"""Values that differ by less are ties: sums of the same amounts in another order do."""

Segments = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Sorted values by segment and input; a segment without grids is ranked among everybody."""

    grids: Mapping[str, Mapping[str, Floats]]

    def rank(self, name: str, values: Floats, segments: Segments | None = None) -> Floats:
        """Percentile 0 to 100 of each value, ties in the middle; NaN for NaN or an input never seen."""
        if segments is None:
            return _rank(self.grids[EVERYBODY].get(name), values)
        ranked = np.full(len(values), np.nan)
        for segment in np.unique(segments):
            inside = segments == segment
            ranked[inside] = _rank(self._of(str(segment)).get(name), values[inside])
        return ranked

    def with_inputs(self, added: Percentiles) -> Percentiles:
        """These grids and those of `added`, which covers the same segments."""
        return Percentiles({key: {**grids, **added.grids[key]} for key, grids in self.grids.items()})

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            segment: {name: grid.tolist() for name, grid in grids.items()}
            for segment, grids in self.grids.items()
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Percentiles:
        return cls(
            {
                segment: {name: np.array(grid, dtype=np.float64) for name, grid in grids.items()}
                for segment, grids in document.items()
            }
        )

    def _of(self, segment: str) -> Mapping[str, Floats]:
        return self.grids.get(segment, self.grids[EVERYBODY])


def percentiles(
    inputs: Mapping[str, Floats], segments: Segments | None = None, *, smallest: int = 1
) -> Percentiles:
    """Grids of every input over everybody and over each segment of at least `smallest` customers."""
    grids = {EVERYBODY: _grids(inputs, slice(None))}
    if segments is not None:
        names, sizes = np.unique(segments, return_counts=True)
        for segment in names[sizes >= smallest]:
            grids[str(segment)] = _grids(inputs, segments == segment)
    return Percentiles(grids)


def _grids(inputs: Mapping[str, Floats], chosen: Any) -> dict[str, Floats]:
    return {name: _grid(values[chosen]) for name, values in inputs.items()}


def _grid(values: Floats) -> Floats:
    ordered = np.sort(values[~np.isnan(values)])
    if len(ordered) <= _POINTS:
        return ordered
    return ordered[np.linspace(0, len(ordered) - 1, _POINTS).round().astype(np.int64)]


def _rank(grid: Floats | None, values: Floats) -> Floats:
    if grid is None or not len(grid):
        return np.full(len(values), np.nan)
    noise = _NOISE * np.maximum(np.abs(values), 1.0)
    below, upto = (
        np.searchsorted(grid, values - noise, "left"),
        np.searchsorted(grid, values + noise, "right"),
    )
    middle = (below + upto) / 2.0
    return np.where(np.isnan(values), np.nan, _WHOLE * middle / len(grid))
