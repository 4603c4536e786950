"""A model learnt from everything that is known: into the shadow first, and further if the gate lets it."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.drift import queries as drift
from scoring_svc.facts import queries as facts
from scoring_svc.modelling import gate
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.fingerprint import of_facts
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import rank
from scoring_svc.modelling.segment_fit import learn_by_segment
from scoring_svc.modelling.segments import Labels
from scoring_svc.models import commands as models
from scoring_svc.models import queries as registry
from scoring_svc.models.commands import Learnt
from scoring_svc.models.domain import is_old, is_outgrown
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.policies import commands as publishing
from scoring_svc.policies import queries as policies
from scoring_svc.policies.segments import markets, segments
from scoring_svc.profiles.kinds import kinds
from scoring_svc.runs.snapshots import FALLBACK_CURRENCY, Snapshot
from scoring_svc.scores.domain import instant
from shared.db import Database, Reader

_LONG_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything that a model is learnt from, as of `as_of`; `ids` are the customers of the facts.

    With a snapshot `taken` these are a sample of so many `customers`.
    """

    facts: Facts
    ids: list[UUID]
    currency: str
    customers: int
    orders: int
    as_of: datetime
    taken: Snapshot | None = None


async def is_due(reader: Reader, champion: Champion | None, database: Database) -> bool:
    """Whether there is no model, or what is known has outgrown the last one, or that is a week old.

    The last one that was learnt, also if it was refused: what was just refused is not learnt again at once.
    """
    last = await registry.newest(reader)
    if champion is None or last is None:
        return True
    known = await facts.order_count(reader)
    return is_outgrown(orders_then=last["orders"], orders_now=known) or is_old(
        last["created_at"], database.now()
    )


async def learn_and_promote(
    database: Database,
    shelf: Shelf,
    *,
    cause: str = "request",
    by_itself: bool = True,
    taken: Snapshot | None = None,
) -> Champion:
    """Learn on all facts as of now, and let the model speak if it passes the gate; who speaks then.

    If a snapshot was `taken`, a sample of the customers in it teaches.
    Without `by_itself` it stays in the shadow until a person lets it speak, unless nobody speaks yet. The
    computation runs in a thread and takes seconds to minutes.
    """
    known = await (_known(database) if taken is None else asyncio.to_thread(_sampled, taken))
    async with database.read() as reader:
        champion = await shelf.champion(reader)
        alarms = [] if champion is None else await drift.loud(reader, champion.id)
        labels = await markets(reader, known.ids)
        policy = await policies.current(reader)
    model, verdict = await asyncio.to_thread(_learnt, known, labels, champion, alarms)
    speaks = champion is None or (by_itself and verdict["passes"])
    learnt = Learnt(
        model=model,
        grids=await _ranked(database, known, model, policy, labels),
        policy_version=policy.version,
        currency=known.currency,
        customers=known.customers,
        orders=known.orders,
        as_of=known.as_of,
        source=await asyncio.to_thread(of_facts, known.facts, instant(known.as_of)),
        cause=cause,
    )
    while not await _kept(database, learnt, verdict, speaks=speaks):
        async with database.read() as reader:
            policy = await policies.current(reader)
        grids = await _ranked(database, known, model, policy, labels)
        learnt = replace(learnt, grids=grids, policy_version=policy.version)
    return await require_champion(database, shelf)


async def _known(database: Database) -> _Known:
    async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        currency = await facts.main_currency(tx) or FALLBACK_CURRENCY
        customers = await facts.known_customers(tx)
        orders = await facts.order_count(tx)
        known = await facts.all_facts(tx, customers, currency=currency)
        return _Known(known, customers, currency, len(customers), orders, tx.now)


def _sampled(taken: Snapshot) -> _Known:
    from scoring_svc.bulk.base import FACTS  # noqa: PLC0415 - costs the start half a second
    from scoring_svc.bulk.chunks import teachers  # noqa: PLC0415 - as above

    sample = teachers(taken.base)
    ids = [UUID(each) for each in sample.customers.tolist()]
    customers = taken.base.count(*FACTS)
    return _Known(sample, ids, taken.currency, customers, taken.orders, taken.taken_at, taken)


def _learnt(
    known: _Known, labels: Labels, champion: Champion | None, alarms: Sequence[str]
) -> tuple[ScoringModel, dict[str, Any]]:
    as_of = instant(known.as_of)
    with _features_of(known.taken):
        model = learn_by_segment(known.facts, as_of, labels)
    incumbent = None if champion is None else champion.model
    compared = None
    if incumbent is not None:
        compared = gate.compare(known.facts, as_of, model, incumbent)
    return model, gate.verdict(model, incumbent, compared, alarms=alarms)


def _features_of(taken: Snapshot | None) -> AbstractContextManager[None]:
    """Those of everybody in a snapshot are found while a part of them teaches."""
    if taken is None:
        return nullcontext()
    from scoring_svc.bulk.ahead import features_ahead  # noqa: PLC0415 - costs the start half a second
    from scoring_svc.bulk.engines import DuckEngine  # noqa: PLC0415 - as above

    return features_ahead(taken.base, DuckEngine())


async def _ranked(
    database: Database, known: _Known, model: ScoringModel, policy: Policy, labels: Labels
) -> Percentiles:
    if known.taken is not None:
        from scoring_svc.runs.bulk import rank_over  # noqa: PLC0415 - costs the start half a second

        async with database.read() as reader:
            told = await kinds(reader)
        return await asyncio.to_thread(rank_over, known.taken.base, told, model, policy)
    async with database.read() as reader:
        groups = await segments(reader, known.ids, policy.tiers.segments)
    as_of = np.datetime64(model.as_of)
    return await asyncio.to_thread(rank, known.facts, model, policy, as_of, segments=groups, markets=labels)


async def _kept(database: Database, learnt: Learnt, verdict: dict[str, Any], *, speaks: bool) -> bool:
    """Whether the model is on record: not if another policy was published while it was ranked by this one."""
    async with database.begin() as tx:
        await policies.take_turns(tx)
        await publishing.publish_default(tx)
        if (await policies.current(tx)).version != learnt.policy_version:
            return False
        model_id = await models.keep(tx, learnt, verdict)
        if speaks:
            await models.let_speak(tx, model_id)
    return True


async def require_champion(database: Database, shelf: Shelf) -> Champion:
    """The model that speaks now; LookupError before the first was learnt."""
    async with database.read() as reader:
        champion = await shelf.champion(reader)
    if champion is None:
        raise LookupError("no model has been learnt yet")
    return champion
