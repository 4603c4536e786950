"""Moves of a published policy as decisions that can be made again, each from what the simulation saw."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from scoring_svc.decisions.domain import Decision
from scoring_svc.facts import queries as facts
from scoring_svc.modelling.features import features
from scoring_svc.modelling.policy import Policy
from scoring_svc.policies.queries import Row
from scoring_svc.policies.segments import markets
from scoring_svc.scores.domain import instant
from scoring_svc.scores.records import tier_decisions
from shared.db import Tx

Held = Mapping[UUID, Mapping[str, Any]]


async def decisions_of(
    tx: Tx, policy: Row, simulated: Row, moved: Sequence[Row], *, placements: Held, undone: Held
) -> list[Decision]:
    """A decision for each of these moved scores, but for those that a person pinned.

    Nothing was told of these customers since the simulation, so their features of its moment are found again
    in the log. `undone` are the tiers that a rollback held them to instead of those that they had.
    """
    customers = [row["customer_id"] for row in moved]
    if not customers:
        return []
    known = await facts.facts_of(tx, customers, currency=simulated["currency"])
    seen = await asyncio.to_thread(features, known, instant(simulated["taken_at"]))
    spoken = await markets(tx, customers)
    parted = bool(policy["document"]["tiers"].get("segments"))
    rows = [
        {
            **row,
            "automatic": True,
            "model_id": simulated["model_id"],
            "scored_at": simulated["taken_at"],
            "features": seen.row(place),
            "bound": {
                "segment": placements[row["customer_id"]]["segment"] if parted else None,
                "market": str(spoken[place]),
            },
        }
        for place, row in enumerate(moved)
    ]
    held = {row["customer_id"]: _held(row, placements[row["customer_id"]], undone) for row in moved}
    return list(tier_decisions(rows, held, Policy.from_document(policy["document"]), anew=False))


def _held(row: Row, placement: Mapping[str, Any], undone: Held) -> dict[str, Any]:
    """The score's columns of what bound the simulation."""
    found = undone.get(row["customer_id"])
    return {
        "tier": placement["from_tier"],
        "tier_since": placement["from_since"],
        "rule_tier": found["tier"] if found else placement["from_rule_tier"],
        "rule_tier_since": found["tier_since"] if found else placement["from_since"],
        "lifecycle_stage": row["lifecycle_stage"],
        "stage_since": row["stage_since"],
    }
