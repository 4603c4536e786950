"""Customers who have ordered, one of them very often, and the model that speaks for them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

import numpy as np
from tools.bench.parts.scoring import Log

from scoring_svc.modelling.facts import record
from scoring_svc.modelling.fingerprint import of_facts
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.scoring import rank
from scoring_svc.models.commands import Learnt, keep, let_speak
from scoring_svc.policies.commands import publish_default
from shared.clock import new_id
from shared.db import Database

BUSIEST = UUID(int=10**9)
_AT_ONCE = 20_000
_FACT = """
    INSERT INTO order_fact (order_id, customer_id, ordered_at, amount_minor, currency, is_return, voided)
    SELECT given.*, 'GBP', false, false
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bigint[]) AS given
"""
_BUSIEST_FACTS = """
    INSERT INTO order_fact (order_id, customer_id, ordered_at, amount_minor, currency, is_return, voided)
    SELECT gen_random_uuid(), $1, now() - interval '1 hour' - place * interval '1 minute', 1000, 'GBP',
        false, false
    FROM generate_series(1, $2::int) AS place
"""


async def fill(database: Database, log: Log, customers: int, busiest: int) -> dict[UUID, int]:
    """The sample's customers over and over, and one with so many orders alone; what each bought in all."""
    sold: dict[UUID, int] = defaultdict(int)
    rows = _orders(log, customers)
    while some := list(islice(rows, _AT_ONCE)):
        async with database.begin(timeout=600) as tx:
            await tx.connection.execute(_FACT, *map(list, zip(*some, strict=True)))
        for _, customer, _, amount in some:
            sold[customer] += amount
    async with database.begin(timeout=600) as tx:
        await tx.connection.execute(_BUSIEST_FACTS, BUSIEST, busiest, timeout=600)
    return {**sold, BUSIEST: 1000 * busiest}


def _orders(log: Log, customers: int) -> Iterator[tuple[UUID, UUID, datetime, int]]:
    own = {customer: place for place, customer in enumerate(sorted(set(log.customer)), 1)}
    for copied in range(0, customers, len(own)):
        for customer, at, amount in zip(log.customer, log.at, log.amount, strict=True):
            who = own[customer] + copied
            if amount >= 0 and who <= customers:
                yield new_id(), UUID(int=who), at - timedelta(hours=1), int(amount * 100)


def ordering(log: Log, customers: int) -> list[UUID]:
    """Who orders next: those who ordered last, as often as they did then."""
    known = sorted(set(log.customer))
    own = {customer: place for place, customer in enumerate(known, 1)}
    newest = sorted(zip(log.at, log.customer, log.amount, strict=True), reverse=True)[: len(log.at) // 2]
    places = [
        own[customer] + copied
        for _, customer, amount in newest
        if amount >= 0
        for copied in range(0, customers, len(known))
    ]
    return [UUID(int=place) for place in places if place <= customers]


async def teach(database: Database, some: Log) -> None:
    """Learnt from some, and in force for all: learning is not what is measured."""
    now, policy = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "us"), Policy()
    times = np.array([at.replace(tzinfo=None) for at in some.at], "datetime64[us]")
    orders = {"customer": some.customer, "ts": times, "amount": some.amount}
    facts = record(sorted(set(some.customer)), orders=orders)
    model = learn(facts, now)
    async with database.begin() as tx:
        known = await tx.connection.fetchval("SELECT count(*) FROM order_fact")
        await publish_default(tx)
        learnt = Learnt(
            model=model,
            grids=rank(facts, model, policy, now),
            policy_version=policy.version,
            currency="GBP",
            customers=len(facts),
            orders=known,
            as_of=tx.now,
            source=of_facts(facts, now),
            cause="bench",
        )
        await let_speak(tx, await keep(tx, learnt, None))
