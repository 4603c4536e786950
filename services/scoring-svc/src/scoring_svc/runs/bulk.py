"""Learning from, and scoring of, a snapshot of a large base, a bucket of customers at a time."""

import asyncio
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.bulk.base import FACTS, ids
from scoring_svc.bulk.chunks import Chunk, chunk_of, chunks, teachers
from scoring_svc.bulk.engines import DuckEngine
from scoring_svc.modelling.facts import Floats, Ints, record
from scoring_svc.modelling.levels import LEVELS
from scoring_svc.modelling.lifecycle import AT_RISK, STAGES
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import Scores, foresee, score_known
from scoring_svc.modelling.tiers import tier_inputs, tier_percentiles
from scoring_svc.models import commands as models
from scoring_svc.models.queries import Champion
from scoring_svc.policies import commands as publishing
from scoring_svc.policies import queries as policies
from scoring_svc.runs import queries
from scoring_svc.runs.progress import Progress
from scoring_svc.runs.snapshots import Snapshot
from scoring_svc.scores import queries as scores_read
from scoring_svc.scores.commands import Outcome, rows_of, store
from scoring_svc.scores.domain import instant
from scoring_svc.scores.standing import Standing
from scoring_svc.warnings.domain import next_step
from shared.db import Database

_AT_ONCE = 1_000
_SECONDS = 60


async def learn_from(database: Database, taken: Snapshot) -> None:
    """Learn on a sample, rank everybody, and promote what was learnt."""
    async with database.read() as reader:
        policy = await policies.current(reader)
    model, grids, customers = await asyncio.to_thread(_learnt, taken, policy)
    async with database.begin() as tx:
        await publishing.publish_default(tx)
        await models.promote(
            tx, model, grids, currency=taken.currency, customers=customers, orders=taken.orders
        )


def _learnt(taken: Snapshot, policy: Policy) -> tuple[ScoringModel, Percentiles, int]:
    as_of, taught = instant(taken.taken_at), teachers(taken.base)
    model = (
        learn(record(np.array([], dtype=np.str_)), as_of)
        if taught is None
        else learn(taught[0], as_of, first=taught[1])
    )
    parts: dict[str, list[Floats]] = {}
    for chunk in chunks(taken.base, DuckEngine()):
        value_52 = foresee(chunk.known, model, policy).value_52
        for name, values in tier_inputs(chunk.known, value_52, policy).items():
            parts.setdefault(name, []).append(values)
    inputs = {name: np.concatenate(found) for name, found in parts.items()}
    return model, tier_percentiles(inputs, policy.tiers), taken.base.count(*FACTS)


async def sweep_over(
    database: Database, taken: Snapshot, champion: Champion, *, anew: bool, progress: Progress
) -> Outcome:
    """Score everybody in the snapshot as of then; write where what stands is outdated.

    A score that was made since the snapshot is left: it knows more.
    """
    async with database.read() as reader:
        policy, warned = await policies.current(reader), await queries.warned(reader)
    sweep = _Sweep(taken, champion, policy, frozenset(str(each) for each in warned), anew)
    total, outcome = await asyncio.to_thread(taken.base.count), Outcome()
    for bucket in range(taken.base.buckets):
        judged = await asyncio.to_thread(sweep.judge, bucket)
        for first in range(0, len(judged.outdated), _AT_ONCE):
            chosen = judged.outdated[first : first + _AT_ONCE]
            rows = await asyncio.to_thread(sweep.rows, judged, chosen)
            outcome += replace(await _write(database, judged, chosen, rows), scored=0)
        outcome += Outcome(scored=len(judged.chunk.customers))
        if not await progress(outcome.scored, total):
            return replace(outcome, whole=False)
    return outcome


@dataclass(frozen=True, slots=True)
class _Judged:
    """A bucket with what stands of it, and the places of those for whom it says something else now."""

    chunk: Chunk
    standing: Standing
    outdated: Ints


@dataclass(frozen=True, slots=True)
class _Sweep:
    taken: Snapshot
    champion: Champion
    policy: Policy
    warned: frozenset[str]
    anew: bool

    def judge(self, bucket: int) -> _Judged:
        chunk = chunk_of(self.taken.base, DuckEngine(), bucket)
        standing = self._standing(chunk, bucket)
        scores = self._scores(chunk, standing, slice(None))
        outdated = standing.outdated(scores)
        outdated[self._to_warn(scores)] = True
        return _Judged(chunk, standing, np.flatnonzero(outdated))

    def rows(self, judged: _Judged, chosen: Ints) -> list[dict[str, Any]]:
        """What is to be stored of the customers at these places."""
        alone = Chunk(judged.chunk.customers[chosen], judged.chunk.known.at(chosen))
        scores = self._scores(alone, judged.standing, chosen)
        return rows_of(scores, self.champion, self.policy, self.taken.taken_at)

    def _standing(self, chunk: Chunk, bucket: int) -> Standing:
        if not self.taken.base.has("standing"):
            return Standing.of(chunk.customers, chunk.customers[:0], {})
        found = self.taken.base.table(self.taken.base.rows("standing", bucket))
        columns = {column.name: found[column.name].to_numpy() for column in fields(Standing)}
        return Standing.of(chunk.customers, ids(found["customer"]), columns)

    def _scores(self, chunk: Chunk, standing: Standing, at: Any) -> Scores:
        return score_known(
            chunk.customers,
            chunk.known,
            self.champion.model,
            self.policy,
            self.champion.grids,
            instant(self.taken.taken_at),
            previous=None if self.anew else standing.previous(at),
        )

    def _to_warn(self, scores: Scores) -> list[int]:
        """The places of those whose warning is to be opened or ended, though nothing else may have moved."""
        warned = np.isin(scores.customers, list(self.warned))
        concerned = np.flatnonzero(warned | (scores.stages.stage == AT_RISK))
        return [
            index
            for index in concerned.tolist()
            if next_step(
                warned=bool(warned[index]),
                stage=STAGES[int(scores.stages.stage[index])],
                level=LEVELS[int(scores.forecast.level[index])],
                contribution=float(scores.tiers.contribution[index]),
            )
            is not None
        ]


async def _write(database: Database, judged: _Judged, chosen: Ints, rows: list[dict[str, Any]]) -> Outcome:
    """Store these scores, but of whoever was scored anew or merged since the snapshot."""
    customers = [UUID(each) for each in judged.chunk.customers[chosen]]
    versions = judged.standing.version[chosen].tolist()
    async with database.begin(timeout=_SECONDS, bulk=True) as tx:
        keepers, owners = await scores_read.keepers(tx, customers)
        unmerged = set(keepers)
        before = await scores_read.before(tx, customers)
        now = {customer: row["version"] for customer, row in before.items()}
        kept = [
            (customer, row)
            for customer, row, version in zip(customers, rows, versions, strict=True)
            if now.get(customer, 0) == version and customer in unmerged
        ]
        return await store(tx, [each for each, _ in kept], [row for _, row in kept], owners, before)
