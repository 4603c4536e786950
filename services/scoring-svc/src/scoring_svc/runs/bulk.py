"""A large base looked at a bucket of customers at a time: everybody ranked, and whose score is outdated."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from scoring_svc.bulk.base import Base, ids
from scoring_svc.bulk.chunks import Chunk, chunk_of
from scoring_svc.bulk.engines import DuckEngine
from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.levels import LEVELS
from scoring_svc.modelling.lifecycle import AT_RISK, STAGES
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import Scores, score_known
from scoring_svc.modelling.tiers import tier_inputs, tier_percentiles
from scoring_svc.models.queries import Champion
from scoring_svc.policies.queries import Standard
from scoring_svc.profiles.kinds import NOBODY_SAID, Kinds
from scoring_svc.runs.binding import Binding, binding
from scoring_svc.runs.snapshots import KINDS, LAST, Progress, Snapshot
from scoring_svc.scores.commands import Outcome, rescore
from scoring_svc.scores.domain import instant
from scoring_svc.scores.last import Last
from scoring_svc.warnings.domain import next_step
from shared.db import Database

_AT_ONCE = 500
_SECONDS = 60


def rank_over(base: Base, kinds: Kinds, model: ScoringModel, policy: Policy) -> Percentiles:
    """`modelling.scoring.rank` of everybody in the base."""
    parts: dict[str, list[Floats]] = {}
    codes: list[Ints] = []
    for bucket in range(base.buckets):
        chunk = chunk_of(base, DuckEngine(), bucket)
        codes.append(_codes(base, bucket, chunk))
        markets = kinds.markets(codes[-1]) if model.segments else None
        value_52 = foresee(chunk.known, model, policy, markets).value_52
        for name, values in tier_inputs(chunk.known, value_52, policy).items():
            parts.setdefault(name, []).append(values)
    inputs = {name: np.concatenate(found) for name, found in parts.items()}
    groups = kinds.segments(np.concatenate(codes), policy.tiers.segments)
    return tier_percentiles(inputs, policy.tiers, groups)


async def sweep_over(
    database: Database, taken: Snapshot, champion: Champion, *, anew: bool, progress: Progress
) -> Outcome:
    """Look at everybody in the snapshot, and score those anew whose score says something else by now.

    These are scored as everybody is who something happened to: by what is known when it is written.
    """
    async with database.read() as reader:
        standard = await champion.standards.current(reader, champion.id)
        bound = await binding(reader, taken.taken_at)
    sweep = _Sweep(taken.base, taken.taken_at, champion, standard, bound, anew)
    total, outcome = await asyncio.to_thread(taken.base.count), Outcome()
    for bucket in range(taken.base.buckets):
        seen, outdated = await asyncio.to_thread(sweep.look, bucket)
        for place, chosen in _parts(outdated):
            async with database.begin(timeout=_SECONDS, bulk=True) as tx:
                done = await rescore(tx, chosen, champion, anew=anew, hold=True)
            outcome += replace(done, scored=0)
            if not await progress(outcome.scored + place, total):
                return replace(outcome, scored=outcome.scored + place, whole=False)
        outcome += Outcome(scored=seen)
        if not await progress(outcome.scored, total):
            return replace(outcome, whole=False)
    return outcome


def _parts(customers: list[UUID]) -> Iterator[tuple[int, list[UUID]]]:
    """These customers some at a time, each time with how many there were until then."""
    for first in range(0, len(customers), _AT_ONCE):
        chosen = customers[first : first + _AT_ONCE]
        yield first + len(chosen), chosen


@dataclass(frozen=True, slots=True)
class _Sweep:
    base: Base
    taken_at: datetime
    champion: Champion
    standard: Standard
    bound: Binding
    anew: bool

    def look(self, bucket: int) -> tuple[int, list[UUID]]:
        """How many customers there are in a bucket, and those whose score is outdated."""
        chunk = chunk_of(self.base, DuckEngine(), bucket)
        last = self._last(chunk, bucket)
        unsaid = last.by_word & ~self.bound.declared.among(chunk.customers)
        automatic = ~self.bound.objecting.among(chunk.customers)
        scores = self._scores(chunk, last, unsaid, bucket)
        outdated = unsaid | last.outdated(
            scores,
            automatic=automatic,
            at=instant(self.taken_at),
            policy_version=self.standard.policy.version,
        )
        outdated |= self._to_warn(scores, automatic)
        return len(chunk.customers), [UUID(each) for each in chunk.customers[outdated].tolist()]

    def _last(self, chunk: Chunk, bucket: int) -> Last:
        size = len(chunk.customers)
        if not self.base.has(LAST):
            return Last.of(size, np.empty(0, dtype=np.int64), {})
        found = self.base.table(self.base.rows(LAST, bucket))
        columns = {column.name: found[column.name].to_numpy() for column in fields(Last)}
        return Last.of(size, chunk.places(ids(found["customer"])), columns)

    def _scores(self, chunk: Chunk, last: Last, unsaid: Bools, bucket: int) -> Scores:
        kinds, policy = self.bound.kinds, self.standard.policy
        codes = _codes(self.base, bucket, chunk)
        return score_known(
            chunk.customers,
            chunk.known,
            self.champion.model,
            policy,
            self.standard.grids,
            previous=None if self.anew else last.previous(unsaid),
            segments=kinds.segments(codes, policy.tiers.segments),
            markets=kinds.markets(codes) if self.champion.model.segments else None,
            pins=self.bound.pins_of(chunk.customers),
            declared_lost=self.bound.lost.among(chunk.customers),
        )

    def _to_warn(self, scores: Scores, automatic: Bools) -> Bools:
        """Whose warning is to be opened or ended, though nothing else may have moved."""
        warned = self.bound.warned.among(scores.customers)
        asked = warned & ~automatic
        for index in np.flatnonzero(automatic & (warned | (scores.stages.stage == AT_RISK))).tolist():
            step = next_step(
                warned=bool(warned[index]),
                stage=STAGES[int(scores.stages.stage[index])],
                level=LEVELS[int(scores.forecast.level[index])],
                contribution=float(scores.tiers.contribution[index]),
            )
            asked[index] = step is not None
        return np.asarray(asked, dtype=np.bool_)


def _codes(base: Base, bucket: int, chunk: Chunk) -> Ints:
    """The code of each customer's kind."""
    codes = np.full(len(chunk.customers), NOBODY_SAID, dtype=np.int64)
    found = base.table(base.rows(KINDS, bucket)) if base.has(KINDS) else None
    if found is not None:
        places = chunk.places(ids(found["customer"]))
        codes[places[places >= 0]] = found["code"].to_numpy()[places >= 0]
    return codes
