"""A model learnt from everything that is known, and promoted."""

import asyncio

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
from scoring_svc.runs.snapshots import FALLBACK_CURRENCY, Snapshot
from scoring_svc.scores.domain import instant
from shared.db import Database, Reader

_LONG_SECONDS = 300


async def is_due(reader: Reader, champion: Champion | None, database: Database) -> bool:
    """Whether there is no model, or what is known has outgrown it, or a week has passed."""
    if champion is None:
        return True
    known = await facts.order_count(reader)
    return is_outgrown(orders_then=champion.orders, orders_now=known) or is_old(
        champion.created_at, database.now()
    )


async def learn_and_promote(database: Database, shelf: Shelf, taken: Snapshot | None = None) -> Champion:
    """Learn on all facts as of now, or on a snapshot of them if one was `taken`.

    The computation runs in a thread and takes seconds to minutes.
    """
    if taken is not None:
        from scoring_svc.runs.bulk import learn_from  # noqa: PLC0415 - costs the start half a second

        await learn_from(database, taken)
        return await require_champion(database, shelf)
    async with database.begin(timeout=_LONG_SECONDS, bulk=True) as tx:
        policy = await policies.current(tx)
        currency = await facts.main_currency(tx) or FALLBACK_CURRENCY
        customers = await facts.known_customers(tx)
        orders = await facts.order_count(tx)
        known = await facts.all_facts(tx, customers, currency=currency)
        as_of = instant(tx.now)
    model, grids = await asyncio.to_thread(_learnt, known, policy, as_of)
    async with database.begin() as tx:
        await publishing.publish_default(tx)
        await models.promote(tx, model, grids, currency=currency, customers=len(customers), orders=orders)
    return await require_champion(database, shelf)


def _learnt(known: Facts, policy: Policy, as_of: object) -> tuple[ScoringModel, Percentiles]:
    model = learn(known, as_of)  # type: ignore[arg-type]
    return model, rank(known, model, policy, as_of)  # type: ignore[arg-type]


async def require_champion(database: Database, shelf: Shelf) -> Champion:
    """The model that speaks now; LookupError before the first was learnt."""
    async with database.read() as reader:
        champion = await shelf.champion(reader)
    if champion is None:
        raise LookupError("no model has been learnt yet")
    return champion
