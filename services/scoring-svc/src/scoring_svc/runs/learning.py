"""A model learnt from everything that is known: into the shadow first, and further if the gate lets it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scoring_svc.drift import queries as drift
from scoring_svc.facts import queries as facts
from scoring_svc.modelling import gate
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.fingerprint import of_facts
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import rank
from scoring_svc.models import commands as models
from scoring_svc.models import queries as registry
from scoring_svc.models.commands import Learnt
from scoring_svc.models.domain import is_old, is_outgrown
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.policies import commands as publishing
from scoring_svc.policies import queries as policies
from scoring_svc.scores.domain import instant
from shared.db import Database, Reader

FALLBACK_CURRENCY = "CNY"
_LONG_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything that a model is learnt from, as of `as_of`."""

    facts: Facts
    policy: Policy
    currency: str
    customers: int
    orders: int
    as_of: datetime


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
    database: Database, shelf: Shelf, *, cause: str = "request", by_itself: bool = True
) -> Champion:
    """Learn on all facts as of now, and let the model speak if it passes the gate; who speaks then.

    Without `by_itself` it stays in the shadow until a person lets it speak, unless nobody speaks yet. The
    computation runs in a thread and takes seconds to minutes.
    """
    known = await _known(database)
    async with database.read() as reader:
        champion = await shelf.champion(reader)
        alarms = [] if champion is None else await drift.loud(reader, champion.id)
    learnt, verdict = await asyncio.to_thread(_learnt, known, champion, cause, alarms)
    async with database.begin() as tx:
        await publishing.publish_default(tx)
        model_id = await models.keep(tx, learnt, verdict)
        if champion is None or (by_itself and verdict["passes"]):
            await models.let_speak(tx, model_id)
    return await require_champion(database, shelf)


async def _known(database: Database) -> _Known:
    async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        policy = await policies.current(tx)
        currency = await facts.main_currency(tx) or FALLBACK_CURRENCY
        customers = await facts.known_customers(tx)
        orders = await facts.order_count(tx)
        known = await facts.all_facts(tx, customers, currency=currency)
        return _Known(known, policy, currency, len(customers), orders, tx.now)


def _learnt(
    known: _Known, champion: Champion | None, cause: str, alarms: Sequence[str]
) -> tuple[Learnt, dict[str, Any]]:
    as_of = instant(known.as_of)
    model = learn(known.facts, as_of)
    grids = rank(known.facts, model, known.policy, as_of)
    learnt = Learnt(
        model=model,
        grids=grids,
        currency=known.currency,
        customers=known.customers,
        orders=known.orders,
        as_of=known.as_of,
        source=of_facts(known.facts, as_of),
        cause=cause,
    )
    return learnt, _judged(known, model, champion, alarms)


def _judged(
    known: _Known, model: ScoringModel, champion: Champion | None, alarms: Sequence[str]
) -> dict[str, Any]:
    incumbent = None if champion is None else champion.model
    compared = None
    if incumbent is not None:
        compared = gate.compare(known.facts, instant(known.as_of), model, incumbent)
    return gate.verdict(model, incumbent, compared, alarms=alarms)


async def require_champion(database: Database, shelf: Shelf) -> Champion:
    """The model that speaks now; LookupError before the first was learnt."""
    async with database.read() as reader:
        champion = await shelf.champion(reader)
    if champion is None:
        raise LookupError("no model has been learnt yet")
    return champion
