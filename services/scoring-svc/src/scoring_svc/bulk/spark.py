"""The feature query on Spark: Parquet in, Parquet out; the only module that needs the extra `spark`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import ibis
from pyspark.sql import SparkSession

from scoring_svc.bulk.logs import SHAPES, logs
from scoring_svc.bulk.query import feature_query

_TYPES = {
    "timestamp(6)": "timestamp_ntz",
    "float64": "double",
    "boolean": "boolean",
    "int8": "tinyint",
    "string": "string",
}


def write_features(
    places: Mapping[str, Path | None], as_of: datetime, out: Path, *, master: str | None = None
) -> None:
    """Run the query over the logs that lie in `places` as Parquet and write its rows into the folder `out`.

    `as_of` is in UTC without an offset, as are the times of the logs; the session's zone is set to UTC.
    """
    builder = SparkSession.builder.appName("tonglu-features")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session = (builder.master(master) if master else builder).getOrCreate()
    try:
        for log, columns in SHAPES.items():
            _see(session, log, places[log], {"customer": "string", **columns})
        query = ibis.pyspark.connect(session).compile(feature_query(logs("string"), as_of))
        session.sql(query).write.parquet(str(out))
    finally:
        session.stop()


def _see(session: SparkSession, log: str, place: Path | None, columns: Mapping[str, str]) -> None:
    """Let `log` name these rows, with just the columns and types that the query expects."""
    kinds = {name: _TYPES[kind] for name, kind in columns.items()}
    if place is None:
        shape = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        frame = session.createDataFrame([], shape)
    else:
        frame = session.read.parquet(str(place))
        frame = frame.selectExpr(*(f"cast({name} as {kind}) as {name}" for name, kind in kinds.items()))
    frame.createOrReplaceTempView(log)


_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
