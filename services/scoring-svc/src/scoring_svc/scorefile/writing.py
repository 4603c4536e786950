"""Predictions as a file: one row for each customer who had bought something by then."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from scoring_svc.modelling.features import features
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.scorefile.reading import Batch

COLUMNS = ("customer_id", "churn_probability", "expected_purchases", "expected_value", "drivers")
Row = tuple[str, float, float, float, str]


def write(rows: Iterable[Row], path: Path) -> int:
    """Write rows of `COLUMNS` to `path`; how many there were.

    The file appears whole or not at all.
    """
    count = 0
    beside = path.with_name(f"{path.name}.part")
    with beside.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        for row in rows:
            lines.writerow(row)
            count += 1
    beside.replace(path)
    return count


def predictions(batch: Batch) -> Iterator[Row]:
    """Learn from the batch and score it: rows of `COLUMNS`, by customer id.

    What happens later than `as_of` changes none of them.
    """
    known = features(batch.facts, batch.as_of)
    model = learn(batch.facts, batch.as_of, horizon_weeks=batch.horizon_weeks)
    said = foresee(known, model, Policy())
    for index in np.flatnonzero(known.bought):
        yield (
            str(batch.facts.customers[index]),
            float(said.risk.probability[index]),
            float(said.expected_orders[index]),
            float(said.expected_value[index]),
            ";".join(said.reasons.drivers(int(index))),
        )
