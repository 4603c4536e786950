"""A folder scored: small ones in memory, large ones by the bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from scoring_svc.bulk.ahead import features_ahead
from scoring_svc.bulk.base import Base, opened
from scoring_svc.bulk.chunks import Chunk, Engine, chunks, teachers
from scoring_svc.bulk.duck import duck, literal
from scoring_svc.bulk.engines import EngineName, engine_named
from scoring_svc.bulk.recorded import add_facts
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.reasons import CATEGORIES, Reasons
from scoring_svc.scorefile.columns import read_plain
from scoring_svc.scorefile.reading import Batch, meta, read
from scoring_svc.scorefile.writing import predictions, write

LARGE = 1_000_000
"""From so many transactions on a folder is scored by the bucket."""
_AT_ONCE = 50_000


def score_folder(folder: Path, path: Path, *, engine: EngineName | None = None, large: int = LARGE) -> int:
    """Write the predictions for a folder; how many customers stand in them. FileError for what is wrong.

    With an `engine`, or from `large` transactions on, features come from the feature query and a sample of
    the customers teaches; otherwise everything happens in memory.
    """
    as_of, horizon = meta(folder)
    with tempfile.TemporaryDirectory(prefix="tonglu-score-file-") as name:
        scratch = Path(name)
        logs, rows = _plain(folder, scratch)
        if logs is None:
            batch = read(folder)
        elif engine is None and rows < large:
            batch = Batch(_facts(logs), as_of, horizon)
        if engine is None and (logs is None or rows < large):
            return write(predictions(batch), path)
        at: datetime = as_of.astype("datetime64[us]").item()
        with opened(scratch, at, key="VARCHAR", rows=rows, customers=rows // 4) as base:
            if logs is None:
                add_facts(base, batch.facts)
            else:
                _add(base, logs)
            return write(_in_order(base, _by_bucket(base, engine_named(engine or "duckdb"), horizon)), path)


def _plain(folder: Path, scratch: Path) -> tuple[dict[str, Path] | None, int]:
    """The logs, if all are written plainly, and the number of transactions."""
    with duck(scratch) as sql:
        logs = read_plain(folder, scratch, sql)
    return logs, pq.read_metadata(logs["orders"]).num_rows if logs else 0


def _facts(logs: dict[str, Path]) -> Facts:
    columns = {}
    for name, path in logs.items():
        found = pq.read_table(path)
        columns[name] = {each: found[each].to_numpy() for each in found.column_names if each != "plain"}
        columns[name]["customer"] = columns[name]["customer"].astype(np.str_)
    if "contacts" in columns:
        del columns["contacts"]["direction"]
    return record(np.unique(np.concatenate([each["customer"] for each in columns.values()])), **columns)


def _add(base: Base, logs: dict[str, Path]) -> None:
    for name, path in logs.items():
        rows = f"SELECT * EXCLUDE (plain) FROM read_parquet({literal(path)})"
        if name == "orders":  # a negative amount is a return
            signed = "abs(amount) AS amount, is_return OR amount < 0 AS is_return"
            rows = f"SELECT * REPLACE ({signed}) FROM ({rows})"
        base.add(name, rows)
        path.unlink()


def _by_bucket(base: Base, engine: Engine, horizon: float) -> Iterator[pa.Table]:
    """Predictions of one bucket after another."""
    as_of, taught = np.datetime64(base.as_of, "us"), teachers(base)
    if not len(taught):
        return
    with features_ahead(base, engine):
        model = learn(taught, as_of, horizon_weeks=horizon)
    del taught
    for chunk in chunks(base, engine):
        yield _predicted(chunk, model)


def _predicted(chunk: Chunk, model: ScoringModel) -> pa.Table:
    said, bought = foresee(chunk.known, model, Policy()), np.flatnonzero(chunk.known.bought)
    columns: dict[str, Any] = {
        "customer": chunk.customers[bought],
        "churn_probability": said.risk.probability[bought],
        "expected_purchases": said.expected_orders[bought],
        "expected_value": said.expected_value[bought],
        "drivers": _drivers(said.reasons)[bought],
    }
    return pa.table(columns)


def _drivers(reasons: Reasons) -> NDArray[Any]:
    """Everybody's categories as `Reasons.drivers` has them, joined; few of a million differ."""
    totals, many = reasons.by_category(), len(CATEGORIES)
    order = np.argsort(-totals, axis=1, kind="stable")
    count = (totals > 0).sum(axis=1)
    ranked = np.where(np.arange(many) < count[:, None], order, many)
    codes, place = np.unique(ranked @ (many + 1) ** np.arange(many), return_inverse=True)
    digits = codes[:, None] // (many + 1) ** np.arange(many) % (many + 1)
    texts = [";".join(CATEGORIES[each] for each in row if each < many) for row in digits.tolist()]
    return np.array(texts, dtype=np.str_)[place]


def _in_order(base: Base, parts: Iterator[pa.Table]) -> Iterator[tuple[Any, ...]]:
    """The rows of all parts by customer id."""
    folder = base.folder / "predictions"
    folder.mkdir()
    for place, part in enumerate(parts):
        pq.write_table(part, folder / f"{place}.parquet")
    if not any(folder.iterdir()):
        return
    base.sql.execute(f"SELECT * FROM read_parquet({literal(folder / '*.parquet')}) ORDER BY customer")
    while rows := base.sql.fetchmany(_AT_ONCE):
        yield from rows
