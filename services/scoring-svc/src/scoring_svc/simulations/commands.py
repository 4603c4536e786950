"""Simulations begun, stored and forgotten."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import isnan
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from scoring_svc.facts.queries import MINOR_PER_UNIT
from scoring_svc.modelling.tiers import TIERS
from scoring_svc.modelling.whatif import WhatIf
from scoring_svc.policies.queries import T as POLICY
from scoring_svc.simulations import domain
from scoring_svc.simulations.queries import P, T
from scoring_svc.simulations.snapshot import Frozen
from shared.db import Database, Tx, prepare

KEPT = timedelta(days=30)
CHUNK = 5_000
_FORGOTTEN_AT_ONCE = 20
_BEGIN = prepare(insert(T), *T.c.keys())
_END = prepare(
    update(T).where(T.c.id == bindparam("b_id")),
    *("model_id", "snapshot", "taken_at", "inputs_digest", "customers", "currency"),
    *("summary", "grids", "finished_at"),
)
_CLEAR = prepare(delete(P).where(P.c.simulation_id == bindparam("b_id")))
_TYPES: dict[str, Any] = {
    "customer_id": Uuid,
    "owner_id": Uuid,
    "segment": Text,
    "from_tier": Text,
    "from_rule_tier": Text,
    "from_since": Date,
    "from_contribution": Float,
    "from_potential": Float,
    "from_negative": Boolean,
    "to_tier": Text,
    "rule_tier": Text,
    "contribution": Float,
    "potential": Float,
    "relationship": Float,
    "negative_value": Boolean,
    "contributed_52_minor": BigInteger,
    "value_52_minor": BigInteger,
    "pinned": Boolean,
    "causes": SmallInteger,
    "moved": SmallInteger,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _TYPES.items()))
    .table_valued(*_TYPES, name="given")
    .render_derived()
)
_STORE = prepare(
    insert(P).from_select(
        ["simulation_id", *_TYPES], select(bindparam("b_simulation", type_=Uuid), *_given.c)
    )
)
_used = select(POLICY.c.simulation_id).where(POLICY.c.simulation_id.is_not(None))
_OLD = (
    select(T.c.id)
    .where(T.c.created_at < bindparam("b_before", type_=DateTime(timezone=True)), T.c.id.not_in(_used))
    .limit(bindparam("b_most", type_=Integer))
)
_FORGET_PLACEMENTS = prepare(delete(P).where(P.c.simulation_id.in_(_OLD)))
_FORGET = prepare(delete(T).where(T.c.id.in_(_OLD)))


async def begin(
    tx: Tx,
    policy: Mapping[str, Any],
    *,
    simulation_id: UUID,
    base_version: int,
    operation_id: UUID | None,
    by: UUID | None,
) -> None:
    """Put on record that this document is being tried."""
    unknown: dict[str, Any] = dict.fromkeys(T.c.keys())
    await tx.run(
        _BEGIN,
        **{
            **unknown,
            "id": simulation_id,
            "policy_version": policy["version"],
            "document": policy["document"],
            "digest": policy["digest"],
            "base_version": base_version,
            "operation_id": operation_id,
            "created_by": by,
            "created_at": tx.now,
        },
    )


async def clear(tx: Tx, simulation_id: UUID) -> None:
    """Take away what an attempt that did not end has stored."""
    await tx.run(_CLEAR, b_id=simulation_id)


async def store(tx: Tx, simulation_id: UUID, columns: dict[str, list[Any]]) -> None:
    """Store a chunk of placements."""
    await tx.run(_STORE, b_simulation=simulation_id, **columns)


async def finish(tx: Tx, simulation_id: UUID, frozen: Frozen, found: WhatIf, summary: dict[str, Any]) -> None:
    """Store the sums and what they were made of; from now on it can be published by."""
    await tx.run(
        _END,
        b_id=simulation_id,
        model_id=frozen.champion.id,
        snapshot=frozen.snapshot,
        taken_at=frozen.taken_at,
        inputs_digest=frozen.situation.digest(),
        customers=len(frozen.customers),
        currency=frozen.champion.currency,
        summary=summary,
        grids=found.grids.to_document(),
        finished_at=tx.now,
    )


async def forget_old(database: Database) -> None:
    """Delete simulations of a month ago by which nothing was published."""
    async with database.begin(timeout=60, bulk=True) as tx:
        old = {"b_before": tx.now - KEPT, "b_most": _FORGOTTEN_AT_ONCE}
        await tx.run(_FORGET_PLACEMENTS, **old)
        await tx.run(_FORGET, **old)


def columns_of(frozen: Frozen) -> domain.Columns:
    """What the sums need beside what was decided on."""
    return domain.Columns(
        contributed_52=domain.minor(frozen.situation.brought, MINOR_PER_UNIT),
        value_52=domain.minor(frozen.value_52, MINOR_PER_UNIT),
        negative_before=np.array([bool(row and row["negative_value"]) for row in frozen.before], dtype=bool),
        owners=[row["owner_id"] if row else None for row in frozen.owners],
        distributors=[row["distributor_id"] if row else None for row in frozen.owners],
        segments=frozen.labels,
    )


def chunks(frozen: Frozen, found: WhatIf, told: domain.Columns) -> Iterator[dict[str, list[Any]]]:
    """The placements as arguments of `store`, column by column."""
    for first in range(0, len(frozen.customers), CHUNK):
        yield _chunk(slice(first, first + CHUNK), frozen, found, told)


def _chunk(part: slice, frozen: Frozen, found: WhatIf, told: domain.Columns) -> dict[str, list[Any]]:
    placed, before = found.tiers, frozen.before[part]
    held = frozen.situation.held
    related = placed.relationship[part]
    return {
        "b_customer_id": frozen.customers[part],
        "b_owner_id": list(told.owners[part]),
        "b_segment": frozen.labels[part],
        "b_from_tier": [row["tier"] if row else None for row in before],
        "b_from_rule_tier": [TIERS[code] if code >= 0 else None for code in held.tier[part].tolist()],
        "b_from_since": held.since[part].astype("datetime64[D]").tolist(),
        "b_from_contribution": [row["contribution"] if row else None for row in before],
        "b_from_potential": [row["potential"] if row else None for row in before],
        "b_from_negative": [row["negative_value"] if row else None for row in before],
        "b_to_tier": [TIERS[code] for code in placed.tier[part].tolist()],
        "b_rule_tier": [TIERS[code] for code in placed.by_rule[part].tolist()],
        "b_contribution": placed.contribution[part].tolist(),
        "b_potential": placed.potential[part].tolist(),
        "b_relationship": [None if isnan(value) else value for value in related.tolist()],
        "b_negative_value": placed.negative_value[part].tolist(),
        "b_contributed_52_minor": told.contributed_52[part].tolist(),
        "b_value_52_minor": told.value_52[part].tolist(),
        "b_pinned": (frozen.situation.pins.tier[part] >= 0).tolist(),
        "b_causes": found.causes[part].tolist(),
        "b_moved": found.moved[part].tolist(),
    }
