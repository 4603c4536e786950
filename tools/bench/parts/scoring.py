"""Scoring customers by the hundred thousand, bare and through the service's chunks."""

import csv
import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from statistics import median
from uuid import UUID

import numpy as np
from sqlalchemy import insert
from tools.bench.figures import Line, number, ratios
from tools.bench.stage import Stage

from scoring_svc.app import build
from scoring_svc.facts.tables import OrderRow
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.purchase import Histories, histories
from scoring_svc.modelling.purchase_fit import fit_purchase
from scoring_svc.modelling.scoring import rank, score
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.runs.commands import CHUNK
from scoring_svc.runs.learning import learn_and_promote
from scoring_svc.scores.commands import rescore
from scoring_svc.settings import Settings
from shared.clock import new_id
from shared.db import Database, prepare
from shared.run import settled_heap
from shared.testing.services import running

_COLUMNS = ("order_id", "customer_id", "ordered_at", "amount_minor", "currency", "is_return")
_FACT = prepare(insert(OrderRow.__table__), *_COLUMNS)  # type: ignore[attr-defined]
_MILLION = 1e6


@dataclass(frozen=True)
class Log:
    """The sample's invoices by column; its end is moved to this day."""

    customer: list[int]
    at: list[datetime]
    amount: list[float]

    def some(self, customers: int) -> "Log":
        """Only the first so many customers."""
        chosen = set(sorted(set(self.customer))[:customers])
        places = [place for place, customer in enumerate(self.customer) if customer in chosen]
        return Log(*([column[place] for place in places] for column in (self.customer, self.at, self.amount)))  # type: ignore[arg-type]

    def facts(self, customers: int) -> Facts:
        """So many customers: those of the log over and over."""
        own = np.array(self.customer)
        copies = -(-customers // len(np.unique(own)))
        each = np.concatenate([own + copy * 1_000_000 for copy in range(copies)])
        ids = np.unique(each)[:customers]
        kept = np.isin(each, ids)
        times = np.tile(np.array([at.replace(tzinfo=None) for at in self.at], "datetime64[us]"), copies)
        orders = {"customer": each[kept], "ts": times[kept], "amount": np.tile(self.amount, copies)[kept]}
        return record(ids, orders=orders)


def read_log() -> Log:
    """Returns have a negative amount."""
    packed = files("tonglu_local").joinpath("sample", "online_retail_invoices.csv.gz").read_bytes()
    rows = list(csv.DictReader(gzip.decompress(packed).decode().splitlines()))
    times = [datetime.fromisoformat(row["ts"]).replace(tzinfo=UTC) for row in rows]
    later = datetime.now(UTC) - max(times) - timedelta(hours=1)
    amounts = [abs(float(row["amount"])) * (-1 if row["is_return"] == "1" else 1) for row in rows]
    return Log([int(row["customer_id"]) for row in rows], [at + later for at in times], amounts)


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """Customers a second."""
    log = read_log()
    urls = await stage.database("scoring_bench", "scoring_svc")
    bare: list[float] = []
    cpu: list[float] = []
    reasoned: list[float] = []
    served: list[float] = []
    async with running(build, Settings, urls, worker=False) as service:
        ids = await _fill(service.database, log.some(stage.sizes.rescored))
        champion = await learn_and_promote(service.database, Shelf())
        await _rescored(service.database, ids, champion)  # everything is new the first time
        facts, now = (
            log.facts(stage.sizes.scored),
            np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us"),
        )
        model, policy = learn(log.facts(len(set(log.customer))), now), Policy()
        grids = rank(facts, model, policy, now)
        settled_heap()  # as every process that serves
        known = features(facts, now)
        for _ in range(stage.sizes.rounds):
            spent = time.process_time()
            foresee(known, model, policy)
            reasoned.append((time.process_time() - spent) / len(facts) * _MILLION)
            began, spent = time.perf_counter(), time.process_time()
            score(facts, model, policy, grids, now)
            bare.append(len(facts) / (time.perf_counter() - began))
            cpu.append((time.process_time() - spent) / len(facts) * _MILLION)
            served.append(await _rescored(service.database, ids, champion))
    seconds = f"{number(median(cpu))} s CPU for a million (extrapolated)"
    yield Line(f"scoring {len(facts):,} customers, bare", [1.0], "x", f"{number(median(bare))}/s, {seconds}")
    yield Line(
        "churn, orders, value and exact reasons of a million customers, from features",
        [1.0],
        "x",
        f"{number(median(reasoned))} s CPU (extrapolated; 5 allowed)",
    )
    yield Line("fit of MBG/NBD and MBG/CNBD-2", [1.0], "x", _fitting(histories(known.rhythm)))
    told = f"through the service, chunks of {CHUNK}"
    yield Line(told, ratios(served, bare), "x", f"{number(median(served))}/s, read, stored and told")


def _fitting(seen: Histories) -> str:
    sample = seen.at(slice(0, 2_357))  # as many customers as the published CDNOW sample
    spent = time.process_time()
    for k in (1, 2):
        fit_purchase(sample, k=k)
    return f"{number(time.process_time() - spent)} s CPU for {len(sample):,} customers"


async def _fill(database: Database, log: Log) -> list[UUID]:
    rows = [
        (new_id(), UUID(int=customer), at, int(abs(amount) * 100), "GBP", amount < 0)
        for customer, at, amount in zip(log.customer, log.at, log.amount, strict=True)
    ]
    async with database.begin() as tx:
        await tx.run_many(_FACT, (dict(zip(_COLUMNS, row, strict=True)) for row in rows))
    return sorted({row[1] for row in rows})


async def _rescored(database: Database, ids: list[UUID], champion: Champion) -> float:
    began = time.perf_counter()
    for first in range(0, len(ids), CHUNK):
        async with database.begin(timeout=60) as tx:
            await rescore(tx, ids[first : first + CHUNK], champion)
    return len(ids) / (time.perf_counter() - began)
