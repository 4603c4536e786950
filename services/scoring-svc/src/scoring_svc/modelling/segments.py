"""Segments of customers: labels from the finest to everybody, and who is in which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring_svc.modelling.facts import Ints

Labels = NDArray[Any]
EVERYBODY = ""
BETWEEN = "|"


def coarser(label: str) -> Iterator[str]:
    """The label itself, then without its last attribute, and so on; everybody's is not among them.

    "industry=tea|region=31" lies within "industry=tea".
    """
    while label != EVERYBODY:
        yield label
        label = label.rpartition(BETWEEN)[0]


def members(labels: Labels, *, smallest: int) -> dict[str, Ints]:
    """Indexes of the customers of each segment, fine and coarse, with at least `smallest`; largest first."""
    found: dict[str, list[Ints]] = {}
    names, place = np.unique(labels, return_inverse=True)
    for code, name in enumerate(names):
        inside = np.flatnonzero(place == code)
        for label in coarser(str(name)):
            found.setdefault(label, []).append(inside)
    joined = {label: np.sort(np.concatenate(parts)) for label, parts in found.items()}
    large = [label for label in joined if len(joined[label]) >= smallest]
    return {label: joined[label] for label in sorted(large, key=lambda label: (-len(joined[label]), label))}
