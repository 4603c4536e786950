"""Monotone additive stumps: boosted trees of one split, flattened to one lookup table an input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.inputs import TOPIC_OF, TOPICS

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

ROUNDS, RATE = 150, 0.1


@dataclass(frozen=True, slots=True)
class Table:
    """`levels[i]` for values in (edges[i - 1], edges[i]]; the mean over the training population is 0."""

    edges: Floats
    levels: Floats

    def lift(self, values: Floats) -> Floats:
        return self.levels[np.searchsorted(self.edges, values, side="left")]


@dataclass(frozen=True, slots=True)
class Stumps:
    """log odds of an order = intercept + sum of each input's table; `tables` is keyed by input column."""

    intercept: float
    tables: dict[int, Table]

    def by_topic(self, inputs: Floats) -> Floats:
        """Shape (customers, topics): exact contributions over the population's mean."""
        lifts = np.zeros((len(inputs), len(TOPICS)), order="F")
        for column, table in self.tables.items():
            lifts[:, TOPIC_OF[column]] += table.lift(inputs[:, column])
        return lifts

    def to_document(self) -> dict[str, Any]:
        tables = {
            str(column): {"edges": table.edges.tolist(), "levels": table.levels.tolist()}
            for column, table in self.tables.items()
        }
        return {"intercept": self.intercept, "tables": tables}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Stumps:
        tables = {
            int(column): Table(np.array(table["edges"]), np.array(table["levels"]))
            for column, table in document["tables"].items()
        }
        return cls(document["intercept"], tables)


def fit_stumps(inputs: Floats, bought: Bools, signs: Ints) -> Stumps:
    """Boost on `inputs` (no NaN), never against `signs`; both outcomes must occur in `bought`."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  costs a start a second

    booster = HistGradientBoostingClassifier(
        learning_rate=RATE,
        max_iter=ROUNDS,
        max_depth=1,
        min_samples_leaf=max(20, len(inputs) // 200),
        max_bins=64,
        l2_regularization=1.0,
        early_stopping=False,
        monotonic_cst=signs,
        random_state=0,
    )
    # One thread: stumps are too small to share, and threads that wait for each other spin (3 x the time).
    with threadpool_limits(limits=1, user_api="openmp"):
        trees = booster.fit(inputs, bought)
    return _centred(_flatten(trees), inputs)


def _flatten(trees: HistGradientBoostingClassifier) -> Stumps:
    splits: dict[int, list[tuple[float, float, float]]] = {}
    intercept = float(trees._baseline_prediction.ravel()[0])  # noqa: SLF001 - scikit-learn offers no public way
    for (tree,) in trees._predictors:  # noqa: SLF001 - as above
        root = tree.nodes[0]
        if root["is_leaf"]:
            intercept += float(root["value"])
            continue
        left, right = tree.nodes[root["left"]], tree.nodes[root["right"]]
        split = (float(root["num_threshold"]), float(left["value"]), float(right["value"]))
        splits.setdefault(int(root["feature_idx"]), []).append(split)
    return Stumps(intercept, {column: _table(found) for column, found in sorted(splits.items())})


def _table(splits: list[tuple[float, float, float]]) -> Table:
    threshold, left, right = (np.array(values) for values in zip(*splits, strict=True))
    edges = np.unique(threshold)
    levels = np.zeros(len(edges) + 1)
    for at, low, high in zip(np.searchsorted(edges, threshold), left, right, strict=True):
        levels[: at + 1] += low
        levels[at + 1 :] += high
    return Table(edges, levels)


def _centred(stumps: Stumps, inputs: Floats) -> Stumps:
    intercept, tables = stumps.intercept, {}
    for column, table in stumps.tables.items():
        mean = float(table.lift(inputs[:, column]).mean())
        intercept += mean
        tables[column] = Table(table.edges, table.levels - mean)
    return Stumps(intercept, tables)
