"""A folder of logs, read as the facts that everything else is scored from."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from scoring_svc.modelling.facts import Facts, record

META = "meta.json"
_MOST_WEEKS = 520.0
_KINDS = {"purchase": False, "return": True}
_SEVERITIES = ("1", "2", "3")
_LEAST_SCORE, _MOST_SCORE = 1.0, 5.0
_LARGEST = 1e15
_NEVER = np.datetime64("NaT", "us")


class FileError(Exception):
    """What cannot be read, as one sentence with the place and without the value."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a folder asks: to score these customers at `as_of`, for so many weeks ahead."""

    facts: Facts
    as_of: np.datetime64
    horizon_weeks: float


@dataclass(frozen=True, slots=True)
class _Column:
    """`told` is the name that `record` gives it; `read` makes a value of a cell, or raises ValueError."""

    name: str
    told: str
    read: Callable[[str], Any]


def read(folder: Path) -> Batch:
    """The logs of a folder; FileError for what is missing or wrong."""
    as_of, horizon = meta(folder)
    logs = {log: _log(folder, name, columns) for log, (name, columns) in _LOGS.items()}
    if logs["orders"] is None:
        raise FileError("transactions.csv.gz is missing")
    known = {log: columns for log, columns in logs.items() if columns is not None}
    customers = np.unique(np.concatenate([np.asarray(each["customer"], str) for each in known.values()]))
    return Batch(record(customers, **known), as_of, horizon)


def meta(folder: Path) -> tuple[np.datetime64, float]:
    """As of when, and for how many weeks; FileError for what is missing or wrong."""
    try:
        told = json.loads((folder / META).read_text("utf-8"))
        as_of, weeks = _moment(told["as_of"]), told["horizon_weeks"]
    except FileNotFoundError:
        raise FileError(f"{META} is missing") from None
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        raise FileError(f"{META} must hold as_of, a date or time, and horizon_weeks, a number") from None
    if isinstance(weeks, bool) or not isinstance(weeks, int | float) or not 0 < weeks <= _MOST_WEEKS:
        raise FileError(f"{META}: horizon_weeks must be a number above 0 and at most {_MOST_WEEKS:.0f}")
    return as_of, float(weeks)


def _log(folder: Path, name: str, columns: tuple[_Column, ...]) -> dict[str, Any] | None:
    """The columns of a file as `record` takes them; None if it is not there."""
    path = folder / name
    if not path.is_file():
        return None
    found: dict[str, list[Any]] = {column.told: [] for column in columns}
    try:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
            for line, row in _rows(csv.reader(lines), name, columns):
                for column, cell in zip(columns, row, strict=True):
                    found[column.told].append(_value(column, cell, name, line))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error):
        raise FileError(f"{name} cannot be read as gzipped CSV in UTF-8") from None
    return dict(found)


def _rows(reader: Any, name: str, columns: tuple[_Column, ...]) -> Iterator[tuple[int, list[str]]]:
    """Each row's line and its cells, in the order of `columns`; other columns are overlooked."""
    header: list[str] = next(reader, [])
    missing = [column.name for column in columns if column.name not in header]
    if missing:
        raise FileError(f"{name} has no column {missing[0]}")
    places = [header.index(column.name) for column in columns]
    for row in reader:
        if len(row) == len(header):
            yield reader.line_num, [row[place] for place in places]
        elif row:
            raise FileError(f"{name}, line {reader.line_num}: has {len(row)} cells, the header {len(header)}")


def _value(column: _Column, cell: str, name: str, line: int) -> Any:
    try:
        return column.read(cell)
    except (ValueError, KeyError, OverflowError):
        raise FileError(f"{name}, line {line}: {column.name} cannot be read") from None


def _id(cell: str) -> str:
    if not cell:
        raise ValueError
    return cell


def _moment(cell: str) -> np.datetime64:
    """A date or a time of ISO 8601; without an offset it is in UTC."""
    found = datetime.fromisoformat(cell)
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(found, "us")


def _end(cell: str) -> np.datetime64:
    return _moment(cell) if cell else _NEVER


def _amount(cell: str) -> float:
    found = float(cell)
    if not isfinite(found) or abs(found) > _LARGEST:
        raise ValueError
    return found


def _score(cell: str) -> float:
    found = float(cell)
    if not _LEAST_SCORE <= found <= _MOST_SCORE:
        raise ValueError
    return found


def _severity(cell: str) -> float:
    if cell not in _SEVERITIES:
        raise ValueError
    return float(cell)


_CUSTOMER = _Column("customer_id", "customer", _id)
_AT = _Column("ts", "ts", _moment)
_LOGS: Mapping[str, tuple[str, tuple[_Column, ...]]] = {
    "orders": (
        "transactions.csv.gz",
        (
            _CUSTOMER,
            _AT,
            _Column("amount", "amount", _amount),
            _Column("kind", "is_return", _KINDS.__getitem__),
        ),
    ),
    "complaints": (
        "complaints.csv.gz",
        (
            _CUSTOMER,
            _AT,
            _Column("severity", "severity", _severity),
            _Column("resolved_at", "resolved", _end),
        ),
    ),
    "contacts": ("contacts.csv.gz", (_CUSTOMER, _AT)),
    "surveys": ("surveys.csv.gz", (_CUSTOMER, _AT, _Column("score", "score", _score))),
}
