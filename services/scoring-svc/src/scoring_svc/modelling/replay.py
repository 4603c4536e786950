"""A customer scored again from stored features: the same code as ever, on what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from scoring_svc.modelling.care import Care
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.rhythm import Rhythm

_Part = TypeVar("_Part", Rhythm, Care)


def stored_features(today: np.datetime64, row: Mapping[str, Any]) -> Features:
    """The features of one customer from what `Features.row` gave; what it does not tell is unknown."""
    return Features(today, _part(Rhythm, row), _part(Care, row))


def _part(kind: type[_Part], row: Mapping[str, Any]) -> _Part:
    return kind(**{column.name: _column(row.get(column.name), str(column.type)) for column in fields(kind)})


def _column(value: float | str | None, kind: str) -> Any:
    if kind == "Times":
        return np.array(["NaT" if value is None else value], dtype="datetime64[D]")
    return np.array([np.nan if value is None else value], dtype=np.float64)
