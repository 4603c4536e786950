"""DuckDB and Spark, each running the same feature query over the same Parquet."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import ibis
import pyarrow as pa

from scoring_svc.bulk.base import Base
from scoring_svc.bulk.chunks import Engine
from scoring_svc.bulk.duck import literal
from scoring_svc.bulk.logs import SHAPES, logs
from scoring_svc.bulk.query import feature_query

EngineName = Literal["duckdb", "spark"]
SPARK_OUT = "features-of-spark"
ENGINES: tuple[EngineName, ...] = ("duckdb", "spark")


class DuckEngine:
    """The query by bucket, in the process; what was found is kept for whoever asks again."""

    def features(self, base: Base, bucket: int) -> pa.Table:
        """See `Engine`."""
        kept = base.folder / "features" / f"{bucket}.parquet"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            base.see(bucket)
            query = duck_query(base.key, base.as_of)
            ordered = f"SELECT * REPLACE (customer::VARCHAR AS customer) FROM ({query}) ORDER BY customer"
            base.sql.execute(f"COPY ({ordered}) TO {literal(kept)} (FORMAT parquet)").fetchall()
        return base.table(f"SELECT * FROM read_parquet({literal(kept)}) ORDER BY customer")


class SparkEngine:
    """The query once over everything, by Spark; then read back by bucket.

    Needs the extra `spark` and Java 17. Ids must be text, which is what Spark knows.
    """

    def __init__(self, master: str | None = None) -> None:
        """`master` is Spark's own setting; without it the one it is configured with, or all cores here."""
        self._master = master

    def features(self, base: Base, bucket: int) -> pa.Table:
        """See `Engine`."""
        kept = base.folder / SPARK_OUT
        if not kept.exists():
            from scoring_svc.bulk.spark import write_features  # noqa: PLC0415  an optional extra

            write_features(places(base), base.as_of, kept, master=self._master)
        members = " UNION ALL ".join(f"SELECT customer FROM ({base.rows(log, bucket)})" for log in SHAPES)
        found = f"SELECT * FROM read_parquet({literal(kept / '*.parquet')})"
        return base.table(f"{found} WHERE customer IN ({members}) ORDER BY customer")


def engine_named(name: EngineName) -> Engine:
    """The engine by the name that the command line has for it."""
    return SparkEngine() if name == "spark" else DuckEngine()


def places(base: Base) -> dict[str, Path | None]:
    """Where each log lies, None for an empty one."""
    return {log: base.folder / log if any((base.folder / log).rglob("*.parquet")) else None for log in SHAPES}


@lru_cache(maxsize=2)
def duck_query(key: str, as_of: datetime) -> str:
    """The feature query in DuckDB's SQL; writing it down takes a third of a second."""
    return str(ibis.to_sql(feature_query(logs(_ibis_type(key)), as_of), dialect="duckdb"))


def _ibis_type(key: str) -> str:
    return "uuid" if key == "UUID" else "string"
