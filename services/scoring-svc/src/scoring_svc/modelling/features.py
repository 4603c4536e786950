"""The features of all customers as of one moment: how they buy and how they are treated."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from scoring_svc.modelling.care import Care, care
from scoring_svc.modelling.facts import Bools, Facts, Floats, Ints, Promises, chosen_rows
from scoring_svc.modelling.rhythm import Rhythm, rhythm

Part = TypeVar("Part", Rhythm, Care)


@dataclass(frozen=True, slots=True)
class Features:
    """Columns of shape (customers,), time in weeks counted in whole days to `today` (UTC).

    `promises` are the broken ones themselves, which reasons name.
    """

    today: np.datetime64
    rhythm: Rhythm
    care: Care
    promises: Promises

    def __len__(self) -> int:
        return len(self.rhythm.order_days)

    @property
    def bought(self) -> Bools:
        return self.rhythm.order_days > 0

    @property
    def has_tie(self) -> Bools:
        """Something passed between us: a contact, a complaint, an answer or a promise that was broken."""
        ours = self.care.contacts + self.care.contacts_52 + self.care.surveys + self.care.complaints_52
        latest = np.fmin(self.care.weeks_since_complaint, self.care.weeks_since_broken)
        return (ours > 0) | ~np.isnan(latest)

    def at(self, indexes: Ints) -> Features:
        """Of the customers at ascending `indexes` alone, renumbered from 0."""
        return Features(
            self.today,
            _rows(self.rhythm, indexes),
            _rows(self.care, indexes),
            chosen_rows(self.promises, indexes, len(self)),
        )

    def row(self, index: int) -> dict[str, float | str | None]:
        """One customer's features as plain values; None where nothing is known."""
        values: dict[str, float | str | None] = {}
        for part in (self.rhythm, self.care):
            for column in fields(part):
                values[column.name] = _plain(getattr(part, column.name)[index])
        return values


def features(facts: Facts, as_of: np.datetime64) -> Features:
    """Features of every customer in `facts` at `as_of`; later rows change nothing."""
    known = facts.as_of(as_of)
    today = as_of.astype("datetime64[D]")
    return Features(today, rhythm(known.orders, len(known), today), care(known, today), known.promises)


def shrunk_gap(columns: Rhythm, usual_gap: float) -> Floats:
    """A customer's own gap in weeks, pulled to `usual_gap` as if one such gap had been seen."""
    return (columns.last_week + usual_gap) / (columns.repeats + 1.0)


def median_gap(columns: Rhythm) -> float:
    """Median over repeat customers of their mean gap, in weeks; NaN when nobody repeated."""
    repeated = columns.repeats > 0
    if not repeated.any():
        return float("nan")
    return float(np.median(columns.last_week[repeated] / columns.repeats[repeated]))


def _rows(part: Part, indexes: Ints) -> Part:
    return replace(part, **{column.name: getattr(part, column.name)[indexes] for column in fields(part)})


def _plain(value: np.float64 | np.datetime64) -> float | str | None:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    return None if np.isnan(value) else float(value)
