"""Logs to score: the published CDNOW sample and invented ones of any size."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import Scores, rank, score

DATA = Path(__file__).parents[1] / "data"
REPOSITORY = Path(__file__).parents[4]
RETAIL = REPOSITORY / "deploy/local/src/tonglu_local/sample/online_retail_invoices.csv.gz"
START = np.datetime64("2024-01-01T09:00", "us")
AS_OF = np.datetime64("2024-11-15T12:00", "us")


def columns_of(path: Path) -> dict[str, np.ndarray]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        header, *rows = csv.reader(lines)
    return {name: np.array(column) for name, column in zip(header, zip(*rows, strict=True), strict=True)}


@pytest.fixture(scope="session")
def cdnow() -> Facts:
    rows = columns_of(DATA / "cdnow_sample.csv.gz")
    orders = {"customer": rows["customer_id"], "ts": rows["date"], "amount": rows["amount"].astype(float)}
    return record(np.unique(rows["customer_id"]), orders=orders)


@pytest.fixture(scope="session")
def retail() -> Facts:
    rows = columns_of(RETAIL)
    amount = np.abs(rows["amount"].astype(float))
    orders = {"customer": rows["customer_id"], "ts": rows["ts"], "amount": amount}
    orders["is_return"] = rows["is_return"] == "1"
    return record(np.unique(rows["customer_id"]), orders=orders)


@pytest.fixture(scope="session")
def invent() -> Callable[[int, int], Facts]:
    """Make a year of orders, complaints, contacts, surveys and promises of so many customers, from a seed."""
    return _invent


def _invent(customers: int, seed: int) -> Facts:
    chance = np.random.default_rng(seed)
    ids = np.array([f"c{number:05d}" for number in range(customers)])

    def rows(average: float) -> tuple[np.ndarray, np.ndarray]:
        each = chance.poisson(chance.gamma(1.0, average, customers))
        who = np.repeat(ids, each)
        return who, START + (chance.random(len(who)) * 364 * 86400e6).astype("timedelta64[us]")

    bought, ordered = rows(7)
    complained, opened = rows(1)
    took = (chance.random(len(opened)) * 40 * 86400e6).astype("timedelta64[us]")
    met, spoke = rows(6)
    answered, replied = rows(2)
    return record(
        ids,
        orders={
            "customer": bought,
            "ts": ordered,
            "amount": chance.gamma(2.0, 50.0, len(bought)),
            "is_return": chance.random(len(bought)) < 0.08,
        },
        complaints={
            "customer": complained,
            "ts": opened,
            "severity": chance.integers(1, 4, len(opened)),
            "resolved": np.where(chance.random(len(opened)) < 0.2, np.datetime64("NaT"), opened + took),
        },
        contacts={"customer": met, "ts": spoke, "direction": chance.choice(["in", "out", ""], len(spoke))},
        surveys={"customer": answered, "ts": replied, "score": chance.integers(1, 6, len(replied))},
        promises=_promises(ids, np.random.default_rng([seed, 1])),
    )


def _promises(ids: np.ndarray, chance: np.random.Generator) -> dict[str, np.ndarray]:
    """A year of broken promises, half of them kept within eight weeks of their deadline."""
    who = np.repeat(ids, chance.poisson(chance.gamma(1.0, 1.0, len(ids))))
    broken = START + (chance.random(len(who)) * 364 * 86400e6).astype("timedelta64[us]")
    late = (chance.random(len(who)) * 56 * 86400e6).astype("timedelta64[us]")
    return {
        "customer": who,
        "ts": broken,
        "due": broken - np.timedelta64(1, "m"),
        "settled": np.where(chance.random(len(who)) < 0.5, np.datetime64("NaT"), broken + late),
        "id": np.array([f"p{number}" for number in range(len(who))], dtype="U8"),
    }


@dataclass(frozen=True)
class World:
    facts: Facts
    model: ScoringModel
    policy: Policy
    grids: Percentiles
    as_of: np.datetime64 = AS_OF

    def score(self, facts: Facts, as_of: np.datetime64 = AS_OF, **given) -> Scores:
        return score(facts, self.model, self.policy, self.grids, as_of, **given)


@pytest.fixture(scope="session")
def world(invent) -> World:
    """A thousand invented customers, scored at 2024-11-15 by a model learnt from them."""
    facts, policy = invent(1000, 7), Policy()
    model = learn(facts, AS_OF, horizon_weeks=4)
    return World(facts, model, policy, rank(facts, model, policy, AS_OF))
