"""A base of customers as Parquet in a scratch folder, cut into buckets that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from scoring_svc.bulk.duck import duck, literal
from scoring_svc.bulk.logs import SHAPES
from scoring_svc.modelling.facts import Ids

BUCKET_ROWS, BUCKET_CUSTOMERS = 2_500_000, 125_000
FACTS = tuple(log for log in SHAPES if log != "customers")
_SQL_TYPES = {
    "timestamp(6)": "TIMESTAMP",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "int8": "TINYINT",
    "string": "VARCHAR",
}


@dataclass(frozen=True)
class Base:
    """What is known of all customers, as of one moment (UTC, without an offset).

    `key` is the SQL type of the customers' ids. A log that was never added is empty.
    """

    folder: Path
    as_of: datetime
    key: str
    buckets: int
    sql: DuckDBPyConnection
    _logs: set[str] = field(default_factory=set)

    def add(self, log: str, rows: str) -> int:
        """Write the rows of a SELECT (`customer` and the columns of SHAPES) by bucket; how many."""
        bucket = f"SELECT *, hash(customer) % {self.buckets} AS bucket FROM ({rows})"
        written = self.sql.execute(
            f"COPY ({bucket}) TO {literal(self.folder / log)} (FORMAT parquet, PARTITION_BY (bucket))"
        ).fetchall()
        self._logs.add(log)
        return int(written[0][0])

    def rows(self, log: str, bucket: int | None = None) -> str:
        """The SELECT of a log's rows, of one bucket or of all."""
        every = sorted((self.folder / log).glob("*/*.parquet")) if log in self._logs else []
        if every:
            files = (
                every
                if bucket is None
                else [each for each in every if each.parent.name == f"bucket={bucket}"]
            )
            names = ", ".join(literal(file) for file in files or every[:1])
            found = f"SELECT * EXCLUDE (bucket) FROM read_parquet([{names}], hive_partitioning = true)"
            return found if files else f"{found} WHERE false"
        columns = {"customer": self.key, **SHAPES[log]}
        empty = ", ".join(f"NULL::{_SQL_TYPES.get(kind, kind)} AS {name}" for name, kind in columns.items())
        return f"SELECT {empty} WHERE false"

    def has(self, log: str) -> bool:
        """Whether the log has any rows."""
        return log in self._logs and any((self.folder / log).glob("*/*.parquet"))

    def see(self, bucket: int | None = None) -> None:
        """Let the names of the logs stand for the rows of one bucket, or of all."""
        for log in SHAPES:
            self.sql.execute(f"CREATE OR REPLACE TEMP VIEW {log} AS {self.rows(log, bucket)}")

    def count(self, *logs: str) -> int:
        """How many customers these logs name, or all of them."""
        each = " UNION ALL ".join(f"SELECT customer FROM ({self.rows(log)})" for log in logs or SHAPES)
        return int(self.value(f"SELECT count(DISTINCT customer) FROM ({each})"))

    def value(self, query: str) -> Any:
        """The only value of a query."""
        return self.sql.execute(query).fetchall()[0][0]

    def table(self, query: str) -> pa.Table:
        """What a query finds; the customers' ids as text."""
        return self.sql.sql(
            f"SELECT * REPLACE (customer::VARCHAR AS customer) FROM ({query})"
        ).to_arrow_table()


@contextmanager
def opened(folder: Path, as_of: datetime, *, key: str, rows: int, customers: int) -> Iterator[Base]:
    """An empty base for about so many rows and customers."""
    buckets = max(1, -(-rows // BUCKET_ROWS), -(-customers // BUCKET_CUSTOMERS))
    with duck(folder) as sql:
        yield Base(folder, as_of, key, buckets, sql)


def ids(column: pa.ChunkedArray) -> Ids:
    """Customer ids as text of one width, as `modelling.facts` compares them."""
    return np.array(column.to_pylist(), dtype=np.str_)
