"""Percentiles against stored grids, so that one customer can be ranked without the others at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring_svc.modelling.facts import Floats, Ints

EVERYBODY = ""
_POINTS = 1001
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Segments:
    """Which segment each customer is in: `codes` into `names`, and the customers of each, code by code."""

    names: tuple[str, ...]
    codes: Ints
    members: tuple[Ints, ...]

    @classmethod
    def of(cls, labels: NDArray[Any]) -> Segments:
        """From one label a customer, shape (customers,)."""
        names, codes = np.unique(labels, return_inverse=True)
        ordered = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(names)))
        return cls(tuple(str(name) for name in names), codes, tuple(np.split(ordered, ends[:-1])))

    def each(self) -> Iterator[tuple[str, Ints]]:
        """Every segment's name with its customers."""
        return zip(self.names, self.members, strict=True)

    def label(self, index: int) -> str:
        """The segment of one customer."""
        return self.names[int(self.codes[index])]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Sorted values by segment and input; a segment without grids is ranked among everybody."""

    grids: Mapping[str, Mapping[str, Floats]]

    def rank(self, name: str, values: Floats, segments: Segments | None = None) -> Floats:
        """Percentile 0 to 100 of each value, ties in the middle; NaN for NaN or an input never seen."""
        if segments is None:
            return _rank(self.grids[EVERYBODY].get(name), values)
        ranked, others = np.empty(len(values)), [np.empty(0, dtype=np.int64)]
        for segment, inside in segments.each():
            if segment in self.grids:
                ranked[inside] = _rank(self.grids[segment].get(name), values[inside])
            else:
                others.append(inside)
        rest = np.concatenate(others)
        ranked[rest] = _rank(self.grids[EVERYBODY].get(name), values[rest])
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


def percentiles(
    inputs: Mapping[str, Floats], segments: Segments | None = None, *, smallest: int = 1
) -> Percentiles:
    """Grids of every input over everybody and over each segment of at least `smallest` customers."""
    grids = {EVERYBODY: _grids(inputs, slice(None))}
    for segment, inside in () if segments is None else segments.each():
        if len(inside) >= smallest and segment != EVERYBODY:
            grids[segment] = _grids(inputs, inside)
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
    # A second search finds where ties end; looked up by the first one's place it costs half of that.
    left = np.searchsorted(grid, values, "left")
    place = np.minimum(left, len(grid) - 1)
    ends = np.searchsorted(grid, grid, "right")
    middle = (left + np.where(grid[place] == values, ends[place], left)) / 2.0
    return np.where(np.isnan(values), np.nan, _WHOLE * middle / len(grid))
