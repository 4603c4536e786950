"""A model learnt from everything that is known, and promoted."""

import asyncio
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.facts import queries as facts
from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import rank
from scoring_svc.models import commands as models
from scoring_svc.models.domain import is_old, is_outgrown
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.policies import commands as publishing
from scoring_svc.policies import queries as policies
from scoring_svc.policies.segments import segments
from scoring_svc.scores.domain import instant
from shared.db import Database, Reader

FALLBACK_CURRENCY = "CNY"
_LONG_SECONDS = 300


async def is_due(reader: Reader, champion: Champion | None, database: Database) -> bool:
    """Whether there is no model, or what is known has outgrown it, or a week has passed."""
    if champion is None:
        return True
    known = await facts.order_count(reader)
    return is_outgrown(orders_then=champion.orders, orders_now=known) or is_old(
        champion.created_at, database.now()
    )


async def learn_and_promote(database: Database, shelf: Shelf) -> Champion:
    """Learn on all facts as of now. The computation runs in a thread and takes seconds to minutes."""
    async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        policy = await policies.current(tx)
        currency = await facts.main_currency(tx) or FALLBACK_CURRENCY
        customers = await facts.known_customers(tx)
        orders = await facts.order_count(tx)
        known = await facts.all_facts(tx, customers, currency=currency)
        as_of = instant(tx.now)
    model = await asyncio.to_thread(learn, known, as_of)
    size = {"currency": currency, "customers": len(customers), "orders": orders}
    while not await _promoted(database, model, policy, await _ranked(database, known, model, policy), size):
        async with database.read() as reader:
            policy = await policies.current(reader)
    return await require_champion(database, shelf)


async def _ranked(database: Database, known: Facts, model: ScoringModel, policy: Policy) -> Percentiles:
    customers = [UUID(str(customer)) for customer in known.customers]
    async with database.read() as reader:
        groups = await segments(reader, customers, policy.tiers.segments)
    as_of = np.datetime64(model.as_of)
    return await asyncio.to_thread(rank, known, model, policy, as_of, segments=groups)


async def _promoted(
    database: Database, model: ScoringModel, policy: Policy, grids: Percentiles, size: dict[str, Any]
) -> bool:
    """Whether the model speaks now: not if another policy was published while it was ranked by this one."""
    async with database.begin() as tx:
        await policies.take_turns(tx)
        await publishing.publish_default(tx)
        if (await policies.current(tx)).version != policy.version:
            return False
        await models.promote(tx, model, grids, policy_version=policy.version, **size)
    return True


async def require_champion(database: Database, shelf: Shelf) -> Champion:
    """The model that speaks now; LookupError before the first was learnt."""
    async with database.read() as reader:
        champion = await shelf.champion(reader)
    if champion is None:
        raise LookupError("no model has been learnt yet")
    return champion
