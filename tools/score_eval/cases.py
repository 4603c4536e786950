"""The logs that are judged: two public ones, invented ones, and a folder that may be given."""

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tools.score_eval.simulate import CAUSES, World

from scoring_svc.modelling.facts import Facts, Floats, record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.origins import Origin, buyers_at, look_back
from scoring_svc.modelling.purchase import histories

REPOSITORY = Path(__file__).parents[2]
CDNOW = REPOSITORY / "services/scoring-svc/tests/data/cdnow_sample.csv.gz"
RETAIL = REPOSITORY / "deploy/local/src/tonglu_local/sample/online_retail_invoices.csv.gz"
HORIZON = 13
Columns = dict[str, NDArray[np.str_]]


@dataclass(frozen=True)
class Case:
    """`origin` holds the buyers at `as_of` and what followed; `hazards` (buyers, CAUSES) the true parts."""

    name: str
    facts: Facts
    as_of: np.datetime64
    horizon: int
    origin: Origin
    hazards: Floats | None = None


def cdnow() -> Case:
    """Fader & Hardie's tenth of the CDNOW cohort."""
    rows = columns_of(CDNOW)
    orders = {"customer": rows["customer_id"], "ts": rows["date"], "amount": rows["amount"].astype(float)}
    facts = record(np.unique(rows["customer_id"]), orders=orders)
    return _of_log("cdnow_sample", facts, np.datetime64("1997-09-30T23:59", "us"))


def retail() -> Case:
    """UCI Online Retail by invoice."""
    rows = columns_of(RETAIL)
    orders = {
        "customer": rows["customer_id"],
        "ts": rows["ts"],
        "amount": np.abs(rows["amount"].astype(float)),
        "is_return": rows["is_return"] == "1",
    }
    facts = record(np.unique(rows["customer_id"]), orders=orders)
    return _of_log("online_retail", facts, np.datetime64("2011-09-09T23:59:59", "us"))


def invented(world: World, seed: int) -> Case:
    """A simulated market whose truth is known."""
    market = world.market
    origin = look_back(world.facts, world.as_of, market.horizon)
    hazards = world.hazards[buyers_at(world.facts, world.as_of)]
    return Case(f"{market.name} ({seed})", world.facts, world.as_of, market.horizon, origin, hazards)


def folder(path: Path) -> Case:
    """A folder of orders (or transactions), complaints, contacts, surveys and the truth (docs/scoring.md)."""
    truth = columns_of(path / "truth.csv.gz")
    facts = record(truth["customer_id"], **_logs(path))
    as_of, horizon = _meta(path, facts)
    buyers = buyers_at(facts, as_of)
    known = features(facts.as_of(as_of).chosen(buyers), as_of)
    orders, net = (truth[f"{name}{horizon}"].astype(float)[buyers] for name in ("orders", "spend"))
    untold = np.empty(0, dtype=np.int64)  # the truth says how many orders followed, not when
    origin = Origin(as_of, horizon, buyers, known, histories(known.rhythm), orders, net, untold, untold)
    hazards = np.column_stack([truth[f"h_{cause}"].astype(float) for cause in CAUSES])
    return Case(path.resolve().name, facts, as_of, horizon, origin, hazards[buyers])


def _logs(path: Path) -> dict[str, Columns]:
    name = "transactions" if (path / "transactions.csv.gz").is_file() else "orders"
    sold = columns_of(path / f"{name}.csv.gz")
    orders = {"customer": sold["customer_id"], "ts": sold["ts"], "amount": sold["amount"]}
    if "kind" in sold:
        orders["is_return"] = sold["kind"] == "return"
    complaints, contacts, surveys = (
        columns_of(path / f"{log}.csv.gz") for log in ("complaints", "contacts", "surveys")
    )
    ended = np.where(complaints["resolved_at"] == "", "NaT", complaints["resolved_at"])
    return {
        "orders": orders,
        "complaints": {**_who(complaints), "severity": complaints["severity"], "resolved": ended},
        "contacts": _who(contacts),
        "surveys": {**_who(surveys), "score": surveys["score"]},
    }


def _who(rows: Columns) -> Columns:
    return {"customer": rows["customer_id"], "ts": rows["ts"]}


def _meta(path: Path, facts: Facts) -> tuple[np.datetime64, int]:
    """As told in meta.json; without it the midnight after the last order, and 13 weeks."""
    meta = path / "meta.json"
    if not meta.is_file():
        return (facts.orders.ts.max().astype("datetime64[D]") + 1).astype("datetime64[us]"), HORIZON
    told = json.loads(meta.read_text("utf-8"))
    return np.datetime64(told["as_of"], "us"), int(told["horizon_weeks"])


def columns_of(path: Path) -> Columns:
    """A gzipped CSV file by column."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        header, *rows = csv.reader(lines)
    return {name: np.array(cells) for name, cells in zip(header, zip(*rows, strict=True), strict=True)}


def _of_log(name: str, facts: Facts, as_of: np.datetime64) -> Case:
    return Case(name, facts, as_of, HORIZON, look_back(facts, as_of, HORIZON))
