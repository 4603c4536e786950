"""The features of all customers as of one moment: how they buy and how they are treated."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from math import isnan
from typing import TypeVar

import numpy as np

from scoring_svc.modelling.care import Care, care
from scoring_svc.modelling.facts import Bools, Facts, Floats, Ints
from scoring_svc.modelling.rhythm import Rhythm, rhythm

Part = TypeVar("Part", Rhythm, Care)
Row = dict[str, float | str | None]
_RHYTHM, _CARE = (tuple(column.name for column in fields(part)) for part in (Rhythm, Care))


@dataclass(frozen=True, slots=True)
class Features:
    """Columns of shape (customers,), time in weeks counted in whole days to `today` (UTC)."""

    today: np.datetime64
    rhythm: Rhythm
    care: Care

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
        """The customers at ascending `indexes` alone, renumbered from 0."""
        return Features(self.today, _columns_at(self.rhythm, indexes), _columns_at(self.care, indexes))

    def row(self, index: int) -> Row:
        """One customer's features as plain values; None where nothing is known."""
        return {
            name: _plain(getattr(part, name).item(index))
            for part, names in ((self.rhythm, _RHYTHM), (self.care, _CARE))
            for name in names
        }

    def rows(self) -> list[Row]:
        """`row` of everybody, column by column."""
        columns = [
            list(map(_plain, getattr(part, name).tolist()))
            for part, names in ((self.rhythm, _RHYTHM), (self.care, _CARE))
            for name in names
        ]
        return [dict(zip(_RHYTHM + _CARE, row, strict=True)) for row in zip(*columns, strict=True)]


def features(facts: Facts, as_of: np.datetime64) -> Features:
    """Features of every customer in `facts` at `as_of`; later rows change nothing."""
    known = facts.as_of(as_of)
    today = as_of.astype("datetime64[D]")
    return Features(today, rhythm(known.orders, len(known), today), care(known, today))


def _columns_at(part: Part, indexes: Ints) -> Part:
    return replace(part, **{column.name: getattr(part, column.name)[indexes] for column in fields(part)})


def shrunk_gap(columns: Rhythm, usual_gap: Floats | float) -> Floats:
    """A customer's own gap in weeks, pulled to `usual_gap` as if one such gap had been seen."""
    return (columns.last_week + usual_gap) / (columns.repeats + 1.0)


def median_gap(columns: Rhythm) -> float:
    """Median over repeat customers of their mean gap, in weeks; NaN when nobody repeated."""
    repeated = columns.repeats > 0
    if not repeated.any():
        return float("nan")
    return float(np.median(columns.last_week[repeated] / columns.repeats[repeated]))


def _plain(value: float | date | None) -> float | str | None:
    if isinstance(value, float):
        return None if isnan(value) else value
    return None if value is None else str(value)
