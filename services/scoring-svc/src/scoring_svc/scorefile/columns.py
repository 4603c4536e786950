"""A folder of logs read by DuckDB into Parquet, where every cell is written plainly."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from scoring_svc.bulk.duck import literal
from scoring_svc.modelling.facts import DIRECTION_UNKNOWN
from scoring_svc.scorefile import cells

PARTS = ("quality", "attitude", "delivery")
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class _Log:
    """A file, its columns, and what makes the columns of the feature query of their cells, in SQL.

    `open_ended` is the value that may be NULL, and its column, which is empty then.
    """

    file: str
    columns: tuple[str, ...]
    values: Mapping[str, Callable[..., str]]
    open_ended: tuple[str, str] | None = None


_LOGS = {
    "orders": _Log(
        "transactions.csv.gz",
        ("customer_id", "ts", "amount", "kind"),
        {
            "ts": lambda _id, ts, *_: cells.moment(ts),
            "amount": lambda _id, _ts, amount, _kind: cells.number(amount, -_LARGEST, _LARGEST),
            "is_return": lambda _id, _ts, _amount, kind: cells.word(
                kind, {"purchase": "false", "return": "true"}
            ),
        },
    ),
    "complaints": _Log(
        "complaints.csv.gz",
        ("customer_id", "ts", "severity", "resolved_at"),
        {
            "ts": lambda _id, ts, *_: cells.moment(ts),
            "severity": lambda _id, _ts, severity, _end: cells.word(
                severity, {each: f"{each}::DOUBLE" for each in "123"}
            ),
            "resolved": lambda _id, _ts, _severity, end: cells.moment(end),
        },
        open_ended=("resolved", "resolved_at"),
    ),
    "contacts": _Log(
        "contacts.csv.gz",
        ("customer_id", "ts"),
        {"ts": lambda _id, ts: cells.moment(ts), "direction": lambda *_: f"{DIRECTION_UNKNOWN}::TINYINT"},
    ),
    "surveys": _Log(
        "surveys.csv.gz",
        ("customer_id", "ts", "score"),
        {
            "ts": lambda _id, ts, _score: cells.moment(ts),
            "score": lambda _id, _ts, score: cells.number(score, 1.0, 5.0),
            **dict.fromkeys(PARTS, lambda *_: "'NaN'::DOUBLE"),
        },
    ),
}


def read_plain(folder: Path, scratch: Path, sql: duckdb.DuckDBPyConnection) -> dict[str, Path] | None:
    """The logs as Parquet files in `scratch`, with `customer` and the columns of the feature query.

    None if any file is missing that must be there, or holds what is not written plainly: then `reading` reads
    it, or says what is wrong with it.
    """
    found = {}
    for name, log in _LOGS.items():
        if not (folder / log.file).is_file():
            if name == "orders":
                return None
            continue
        found[name] = scratch / f"{name}.parquet"
        if not _converted(folder / log.file, log, found[name], sql):
            return None
    return found


def _converted(source: Path, log: _Log, target: Path, sql: duckdb.DuckDBPyConnection) -> bool:
    try:
        with gzip.open(source, "rt", encoding="utf-8-sig", newline="") as lines:
            header: list[str] = next(csv.reader(lines), [])
        if not set(log.columns) <= set(header):
            return False
        sql.execute(f"COPY ({_query(source, log, header)}) TO {literal(target)} (FORMAT parquet)").fetchall()
        return bool(
            sql.execute(f"SELECT coalesce(bool_and(plain), true) FROM {literal(target)}").fetchall()[0][0]
        )
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error, duckdb.Error):
        return False


def _query(source: Path, log: _Log, header: list[str]) -> str:
    named = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header)))
    csv_options = (
        "header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false, strict_mode = true"
    )
    rows = f"read_csv({literal(source)}, columns = {{{named}}}, compression = 'gzip', {csv_options})"
    places = [f"c{header.index(column)}" for column in log.columns]
    values = {name: make(*places) for name, make in log.values.items()}
    told = ", ".join(f"{value} AS {name}" for name, value in values.items())
    asked = [name for name in values if log.open_ended is None or name != log.open_ended[0]]
    plain = " AND ".join(f"{name} IS NOT NULL" for name in ("customer", *asked))
    if log.open_ended is not None:
        value, column = log.open_ended
        plain += f" AND ({value} IS NOT NULL OR c{header.index(column)} IS NULL)"
    kept = ", ".join(["customer", *values])
    return f"SELECT {kept}, {plain} AS plain FROM (SELECT *, {places[0]} AS customer, {told} FROM {rows})"
