"""All customers as one frozen state of the database has them, read chunk by chunk."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from scoring_svc.facts import queries as facts
from scoring_svc.facts import touched
from scoring_svc.modelling.facts import Facts, Floats
from scoring_svc.modelling.features import features
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.percentiles import Segments
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.segments import Labels
from scoring_svc.modelling.tiers import NO_TIER, TIERS, contribution_52, tier_inputs
from scoring_svc.modelling.whatif import Situation
from scoring_svc.models.queries import Champion, Shelf
from scoring_svc.overrides import queries as overrides
from scoring_svc.policies.segments import labels, markets
from scoring_svc.runs.queries import everybody
from scoring_svc.scores import domain
from scoring_svc.scores.tables import Score
from shared.db import Database, Record, Tx, prepare
from shared.references.tables import KNOWN as _R

CHUNK = 5_000
_SECONDS = 3_600
_S: Any = Score.__table__  # type: ignore[attr-defined]
_CHOSEN = func.any(bindparam("customers", type_=ARRAY(Uuid)))
_HELD = prepare(
    select(
        *(
            _S.c[name]
            for name in (
                "customer_id",
                "tier",
                "tier_since",
                "rule_tier",
                "rule_tier_since",
                "contribution",
                "potential",
                "negative_value",
            )
        )
    ).where(_S.c.customer_id == _CHOSEN)
)
_OWNERS = prepare(select(_R.c.id, _R.c.owner_id, _R.c.distributor_id).where(_R.c.id == _CHOSEN))

Progress = Callable[[int, int], Awaitable[bool]]
"""Takes how many are done and how many there are; False stops the work."""
Held = Mapping[UUID, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Frozen:
    """All customers at one moment; rows and arrays in the order of `customers`."""

    customers: list[UUID]
    situation: Situation
    value_52: Floats
    before: list[Record | None]
    owners: list[Record | None]
    labels: list[str]
    champion: Champion
    snapshot: str
    taken_at: datetime


@dataclass(slots=True)
class _Chunk:
    inputs: dict[str, Floats]
    brought: Floats
    value_52: Floats


async def freeze(
    database: Database, shelf: Shelf, policy: Policy, progress: Progress, *, held: Held | None = None
) -> Frozen | None:
    """Read everybody in one repeatable-read transaction; None if `progress` stopped it.

    `held` are scores' tier columns that count as held instead of the stored ones, by customer.
    """
    async with database.begin(timeout=_SECONDS) as tx:
        # Before plans are made anew: PostgreSQL takes that for a query, after which the level stands.
        await tx.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await tx.plan_anew()
        champion = await shelf.champion(tx)
        if champion is None:
            raise LookupError("no model has been learnt yet")
        customers = await everybody(tx)
        reading = _Reading(tx, champion, policy, held or {})
        for first in range(0, max(len(customers), 1), CHUNK):
            await reading.read(customers[first : first + CHUNK])
            if not await progress(min(first + CHUNK, len(customers)), len(customers)):
                return None
        return reading.frozen(customers, await touched.snapshot(tx))


class _Reading:
    """Grows chunk by chunk into what `Frozen` holds."""

    def __init__(self, tx: Tx, champion: Champion, policy: Policy, held: Held) -> None:
        self._tx, self._champion, self._policy, self._told = tx, champion, policy, held
        self._as_of = domain.instant(tx.now)
        self._chunks: list[_Chunk] = []
        self._before: list[Record | None] = []
        self._owners: list[Record | None] = []
        self._labels: list[str] = []
        self._held: list[Mapping[str, Any] | None] = []
        self._pins: dict[UUID, Record] = {}

    async def read(self, customers: Sequence[UUID]) -> None:
        """Everything about these; the next ones of everybody."""
        tx, chosen = self._tx, list(customers)
        known = await facts.facts_of(tx, chosen, currency=self._champion.currency)
        spoken = await markets(tx, chosen) if self._champion.model.segments else None
        self._chunks.append(await asyncio.to_thread(self._computed, known, spoken))
        scores = {row["customer_id"]: row for row in await tx.rows(_HELD, customers=chosen)}
        owners = {row["id"]: row for row in await tx.rows(_OWNERS, customers=chosen)}
        self._pins |= await overrides.active(tx, chosen, tx.now)
        self._labels += await labels(tx, chosen, self._policy.tiers.segments)
        self._before += [scores.get(one) for one in chosen]
        self._owners += [owners.get(one) for one in chosen]
        held: Held = {**{one: dict(row) for one, row in scores.items()}, **self._known(chosen)}
        self._held += [held.get(one) for one in chosen]

    def _known(self, customers: Sequence[UUID]) -> Held:
        return {one: self._told[one] for one in customers if one in self._told}

    def _computed(self, known: Facts, spoken: Labels | None) -> _Chunk:
        seen = features(known, self._as_of)
        value_52 = foresee(seen, self._champion.model, self._policy, spoken).value_52
        return _Chunk(
            tier_inputs(seen, value_52, self._policy), contribution_52(seen, self._policy), value_52
        )

    def frozen(self, customers: list[UUID], snapshot: str) -> Frozen:
        """All of it as one."""
        chunks = self._chunks
        situation = Situation(
            today=self._as_of.astype("datetime64[D]"),
            inputs={
                name: np.concatenate([chunk.inputs[name] for chunk in chunks]) for name in chunks[0].inputs
            },
            brought=np.concatenate([chunk.brought for chunk in chunks]),
            shown=np.array(
                [TIERS.index(row["tier"]) if row else NO_TIER for row in self._before], dtype=np.int64
            ),
            held=domain.held_tiers(self._held),
            pins=overrides.pins(customers, self._pins),
            segments=Segments.of(np.array(self._labels))
            if self._policy.tiers.segments and customers
            else None,
        )
        return Frozen(
            customers,
            situation,
            np.concatenate([chunk.value_52 for chunk in chunks]),
            self._before,
            self._owners,
            self._labels,
            self._champion,
            snapshot,
            self._tx.now,
        )
