"""Scores read."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, cast, exists, func, select

from scoring_svc.lifecycle import queries as lifecycle
from scoring_svc.scores.tables import Score, ScoreHistory
from shared.db import Reader, Record, Tx, prepare, visible
from shared.http import Listing
from shared.references import through_customer
from shared.references.tables import KNOWN as _R

_S: Any = Score.__table__  # type: ignore[attr-defined]
_H: Any = ScoreHistory.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_S)
is_known = lifecycle.is_known
_HISTORY_SIGHT = through_customer(_H)
UNMERGED = ~exists(select(_R.c.id).where(_R.c.id == _S.c.customer_id, _R.c.merged_into.is_not(None)))
_CHOSEN = func.any(bindparam("customers", type_=ARRAY(Uuid)))
_BEFORE = prepare(
    select(
        _S.c.customer_id,
        _S.c.tier,
        _S.c.tier_since,
        _S.c.rule_tier,
        _S.c.rule_tier_since,
        _S.c.lifecycle_stage,
        _S.c.stage_since,
        _S.c.stage_cause,
        _S.c.churn_level,
        _S.c.churn_rank,
        _S.c.version,
    )
    .where(_S.c.customer_id == _CHOSEN)
    .order_by(_S.c.customer_id)
    .with_for_update()
)
_names = func.unnest(bindparam("customers", type_=ARRAY(Uuid))).column_valued("customer")
_keys = select(func.hashtextextended(cast(_names, Text), 0).label("key")).order_by("key").subquery()
_TAKE_TURNS = prepare(select(func.pg_advisory_xact_lock(_keys.c.key)))
_TO_REVIEW = prepare(
    select(_S.c.customer_id)
    .where(_S.c.next_review_at <= bindparam("b_now", type_=DateTime(timezone=True)), UNMERGED)
    .order_by(_S.c.next_review_at)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
# Locked, so that a score is not written for the distributor that a customer has just left, nor for a
# customer that is being merged.
_OWNERS = prepare(
    select(_R.c.id, _R.c.distributor_id, _R.c.owner_id, _R.c.merged_into)
    .where(_R.c.id == _CHOSEN)
    .order_by(_R.c.id)
    .with_for_update(read=True)
)
_TELLING = [column for column in _S.c if column.name != "features"]
SCORES = Listing(
    select(*_TELLING).where(UNMERGED),
    key=_S.c.customer_id,
    sorts={
        "expected_value": _S.c.expected_value_minor,
        "contributed_52": _S.c.contributed_52_minor,
        "churn_probability": _S.c.churn_rank,
        "scored_at": _S.c.scored_at,
    },
    default="-expected_value",
    filters={
        "tier": lambda value: _S.c.tier == value,
        "churn": lambda value: _S.c.churn_level == value,
        "stage": lambda value: _S.c.lifecycle_stage == value,
        "owner_id": lambda value: _S.c.owner_id == value,
        "distributor_id": lambda value: _S.c.distributor_id == value,
        "negative_value": _S.c.negative_value.is_,
        "automatic": _S.c.automatic.is_,
    },
)
HISTORY = Listing(
    select(_H),
    key=_H.c.id,
    sorts={"scored_at": _H.c.scored_at},
    default="-scored_at",
    filters={},
)


def history_of(reader: Reader, customer_id: UUID) -> list[Any]:
    """The conditions of one customer's history, in sight."""
    return [_H.c.customer_id == customer_id, *visible(reader.scope, _HISTORY_SIGHT)]


async def before(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the last scores said, locked; a customer without one is locked by name.

    So whoever else scores one of them waits, and then sees this score.
    """
    known = await _before(tx, customers)
    new = [customer for customer in customers if customer not in known]
    if new:
        await tx.rows(_TAKE_TURNS, customers=new)
        known |= await _before(tx, new)
    return known


async def _before(tx: Tx, customers: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    return {row["customer_id"]: dict(row) for row in await tx.rows(_BEFORE, customers=list(customers))}


async def to_review(tx: Tx, most: int) -> list[UUID]:
    """Up to `most` customers whose score silence alone has moved by now."""
    return [row["customer_id"] for row in await tx.rows(_TO_REVIEW, b_now=tx.now, b_most=most)]


async def keepers(tx: Tx, customers: Iterable[UUID]) -> tuple[list[UUID], dict[UUID, Record]]:
    """Who these customers are now, each once, and distributor and owner of those that are known here.

    None of them is merged or moves until the transaction ends.
    """
    chosen = sorted(set(customers))
    known = {row["id"]: row for row in await tx.rows(_OWNERS, customers=chosen)}
    into = {one: row["merged_into"] for one, row in known.items() if row["merged_into"] is not None}
    if into:
        return await keepers(tx, (into.get(one, one) for one in chosen))
    return chosen, known


async def one(reader: Reader, customer_id: UUID) -> Record | None:
    """A customer's score, in sight; None if it was merged into another one."""
    statement = select(_S).where(_S.c.customer_id == customer_id, UNMERGED, *visible(reader.scope, SIGHT))
    return await reader.row(statement)
