"""A large base from Parquet to scores: python -m tools.bench.bulked FOLDER CUSTOMERS ORDERS."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from scoring_svc.bulk.ahead import features_ahead
from scoring_svc.bulk.base import Base, opened
from scoring_svc.bulk.chunks import chunks, teachers
from scoring_svc.bulk.duck import duck, literal
from scoring_svc.bulk.engines import DuckEngine
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.inputs import TOPICS
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import Scores, score_known
from scoring_svc.modelling.tiers import tier_inputs, tier_percentiles

AS_OF = datetime(2026, 11, 30)  # noqa: DTZ001 - the query's times are in UTC without an offset
CHANGED = 50
_GIB = 1024 * 1024


def main() -> None:
    """Print what each step cost, as JSON; making the data is not counted."""
    folder, customers, orders = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    invent(folder, customers, orders)
    told: dict[str, Any] = {}
    with spent(told, "all"), opened(folder, AS_OF, key="UUID", rows=orders, customers=customers) as base:
        with spent(told, "cutting"):
            base.add("orders", f"SELECT * FROM read_parquet({literal(folder / 'orders.parquet')})")
        with spent(told, "learning"):
            model, grids = learnt(base)
        with spent(told, "scoring"):
            told["worded"] = score_all(base, model, grids)
    told["gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _GIB
    print(json.dumps(told))


def invent(folder: Path, customers: int, orders: int) -> None:
    """Two years of orders, most of them of a few customers, one in twenty a return."""
    rows = f"""
        SELECT md5((pow(random(), 1.5) * {customers})::BIGINT::VARCHAR)::UUID AS customer,
               TIMESTAMP '2026-11-30' - to_microseconds((random() * 86400e6 * 728)::BIGINT) AS ts,
               (exp(random() * 4) * 1000)::BIGINT / 100 AS amount, random() < .05 AS is_return
        FROM range({orders})
    """
    with duck(folder) as sql:
        sql.execute("SELECT setseed(.5)").fetchall()
        sql.execute(f"COPY ({rows}) TO {literal(folder / 'orders.parquet')} (FORMAT parquet)").fetchall()


def learnt(base: Base) -> tuple[ScoringModel, Percentiles]:
    """A model of a sample, everybody's features meanwhile, and everybody ranked by it."""
    taught = teachers(base)
    if not len(taught):
        raise SystemExit("nothing was invented")
    with features_ahead(base, DuckEngine()):
        model = learn(taught, np.datetime64(AS_OF, "us"))
    del taught
    parts: dict[str, list[Any]] = {}
    for chunk in chunks(base, DuckEngine()):
        value_52 = foresee(chunk.known, model, Policy()).value_52
        for name, values in tier_inputs(chunk.known, value_52, Policy()).items():
            parts.setdefault(name, []).append(values)
    inputs = {name: np.concatenate(found) for name, found in parts.items()}
    return model, tier_percentiles(inputs, Policy().tiers)


def score_all(base: Base, model: ScoringModel, grids: Percentiles) -> int:
    """Score everybody, with exact reasons, and write that down; put one in fifty into words.

    So many scores change their band in a day, if that.
    """
    policy, worded = Policy(), 0
    for place, chunk in enumerate(chunks(base, DuckEngine())):
        scores = score_known(chunk.customers, chunk.known, model, policy, grids)
        pq.write_table(_written(scores), base.folder / f"scores-{place}.parquet")
        some = np.arange(0, len(chunk.customers), CHANGED)
        alone = score_known(chunk.customers[some], chunk.known.at(some), model, policy, grids)
        weeks_to_review(alone, model, policy)
        worded += len([score_of(alone, index) for index in range(len(some))])
    return worded


def _written(scores: Scores) -> pa.Table:
    said, placed = scores.forecast, scores.tiers
    columns: dict[str, Any] = {
        "customer": scores.customers,
        "churn_probability": said.risk.probability,
        "churn_level": said.level,
        "expected_orders": said.expected_orders,
        "expected_value": said.expected_value,
        "value_52": said.value_52,
        "tier": placed.tier,
        "contribution": placed.contribution,
        "potential": placed.potential,
        "stage": scores.stages.stage,
        **{f"{topic}_code": said.reasons.code[:, place] for place, topic in enumerate(TOPICS)},
        **{f"{topic}_weight": said.reasons.weight[:, place] for place, topic in enumerate(TOPICS)},
    }
    return pa.table(columns)


@contextmanager
def spent(told: dict[str, Any], step: str) -> Iterator[None]:
    """Note wall and CPU seconds of a step."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    told[step] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


if __name__ == "__main__":
    main()
