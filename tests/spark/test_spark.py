"""Spark finds the features that DuckDB finds, by the same query, in an environment of its own."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from tools.bootstrap import ROOT
from tools.spark import ENVIRONMENT

from scoring_svc.bulk.base import Base, opened
from scoring_svc.bulk.engines import SPARK_OUT, DuckEngine, SparkEngine, places
from scoring_svc.bulk.recorded import add_facts
from scoring_svc.modelling.facts import record

AS_OF = datetime(2024, 11, 15, 12)  # noqa: DTZ001 - the query's times are in UTC without an offset
_RUN = """
import sys
from datetime import datetime
from pathlib import Path
from scoring_svc.bulk.spark import write_features
logs = dict(each.split("=", 1) for each in sys.argv[3:])
write_features(
    {log: Path(place) if place else None for log, place in logs.items()},
    datetime.fromisoformat(sys.argv[1]), Path(sys.argv[2]), master="local[2]",
)
"""
_QUICK = "--conf spark.sql.shuffle.partitions=1 --driver-java-options -XX:TieredStopAtLevel=1 pyspark-shell"


@pytest.fixture
def java() -> None:
    """Without Java the test is skipped by name."""
    if shutil.which("java") is None:
        pytest.skip("needs Java 17, which Spark runs on")


def _fill(base: Base) -> None:
    chance = np.random.default_rng(11)
    ids = np.array([f"c{number:02d}" for number in range(40)])

    def rows(count: int) -> dict[str, np.ndarray]:
        minutes = chance.integers(0, 480 * 1440, count)
        return {
            "customer": chance.choice(ids, count),
            "ts": np.datetime64("2023-09-01", "us") + minutes * np.timedelta64(1, "m"),
        }

    orders, complaints, contacts, surveys = rows(600), rows(60), rows(200), rows(80)
    parts = {
        part: np.where(chance.random(80) < 0.5, chance.integers(1, 6, 80), np.nan)
        for part in ("quality", "attitude", "delivery")
    }
    took = np.timedelta64(1, "h") * chance.integers(1, 900, 60)
    add_facts(
        base,
        record(
            ids,
            orders={
                **orders,
                "amount": chance.integers(0, 99_999, 600) / 100,
                "is_return": chance.random(600) < 0.1,
            },
            complaints={
                **complaints,
                "severity": chance.integers(1, 5, 60),
                "resolved": complaints["ts"] + took,
            },
            contacts={**contacts, "direction": chance.choice(["in", "out", ""], 200)},
            surveys={**surveys, "score": chance.integers(1, 6, 80), **parts},
            referrals=rows(30),
        ),
    )


def _write(base: Base) -> None:
    logs = [f"{log}={place or ''}" for log, place in places(base).items()]
    command = [
        ENVIRONMENT.program("python"),
        "-c",
        _RUN,
        AS_OF.isoformat(),
        str(base.folder / SPARK_OUT),
        *logs,
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "services/scoring-svc/src"),
        "PYSPARK_SUBMIT_ARGS": _QUICK,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("java")
def test_spark_finds_what_duckdb_finds(tmp_path: Path) -> None:
    with opened(tmp_path, AS_OF, key="VARCHAR", rows=0, customers=0) as base:
        _fill(base)
        _write(base)
        by_duck, by_spark = (engine.features(base, 0) for engine in (DuckEngine(), SparkEngine()))
    assert by_duck.num_rows == 40
    assert by_duck.schema.equals(by_spark.schema)
    for name in by_duck.column_names:
        one, other = (found[name].to_numpy(zero_copy_only=False) for found in (by_duck, by_spark))
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-9, err_msg=name)
        else:
            assert [str(each) for each in one] == [str(each) for each in other], name
