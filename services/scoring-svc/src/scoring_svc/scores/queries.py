"""Scores read."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, cast, exists, func, select

from scoring_svc.lifecycle import queries as lifecycle
from scoring_svc.scores.tables import Score, ScoreHistory
from shared.db import Reader, Record, Tx, any_of, prepare, visible
from shared.http import Listing
from shared.references import through_customer
from shared.references.tables import KNOWN as _R

_S: Any = Score.__table__  # type: ignore[attr-defined]
_H: Any = ScoreHistory.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_S)
is_known = lifecycle.is_known
_HISTORY_SIGHT = through_customer(_H)
UNMERGED = ~exists(select(_R.c.id).where(_R.c.id == _S.c.customer_id, _R.c.merged_into.is_not(None)))
_CHOSEN = any_of("customers")
_HELD = (
    "tier",
    "tier_since",
    "rule_tier",
    "rule_tier_since",
    "lifecycle_stage",
    "stage_since",
    "stage_cause",
    "churn_level",
    "churn_rank",
    "version",
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
# customer that is being merged. Scores are locked after all of them, and only if none is merged.
_known = (
    select(_R.c.id, _R.c.distributor_id, _R.c.owner_id, _R.c.merged_into)
    .where(_R.c.id == _CHOSEN)
    .order_by(_R.c.id)
    .with_for_update(read=True)
    .cte("known")
)
_held = (
    select(_S.c.customer_id, *(_S.c[name] for name in _HELD))
    .where(_S.c.customer_id == _CHOSEN, ~exists(select(_known.c.id).where(_known.c.merged_into.is_not(None))))
    .order_by(_S.c.customer_id)
    .with_for_update()
    .cte("held")
)
_asked = select(_names.label("customer")).subquery("asked")
_LOCK = prepare(
    select(
        _asked.c.customer,
        _known.c.id.label("known"),
        _known.c.distributor_id,
        _known.c.owner_id,
        _known.c.merged_into,
        *(_held.c[name] for name in _HELD),
    )
    .select_from(_asked)
    .outerjoin(_known, _known.c.id == _asked.c.customer)
    .outerjoin(_held, _held.c.customer_id == _asked.c.customer)
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


class Locked(NamedTuple):
    """Customers as they are now, each once; distributor and owner of those that are known here.

    And what the last scores said. None is merged or moves, and nobody else scores one, until the transaction
    ends.
    """

    customers: list[UUID]
    owners: Mapping[UUID, Record]
    before: Mapping[UUID, Mapping[str, Any]]


async def locked(tx: Tx, customers: Iterable[UUID]) -> Locked:
    """These customers, or whom they were merged into; one without a score is locked by name.

    So whoever else scores one of them waits, and then sees this score.
    """
    chosen = sorted(set(customers))
    rows = {row["customer"]: row for row in await tx.rows(_LOCK, customers=chosen)}
    if any(row["merged_into"] is not None for row in rows.values()):
        return await locked(tx, (row["merged_into"] or customer for customer, row in rows.items()))
    new = [customer for customer in chosen if rows[customer]["version"] is None]
    if new:
        await tx.rows(_TAKE_TURNS, customers=new)
        rows |= {row["customer"]: row for row in await tx.rows(_LOCK, customers=new)}
    return Locked(
        chosen,
        {customer: row for customer, row in rows.items() if row["known"] is not None},
        {
            customer: {name: row[name] for name in _HELD}
            for customer, row in rows.items()
            if row["version"] is not None
        },
    )


async def to_review(tx: Tx, most: int) -> list[UUID]:
    """Up to `most` customers whose score silence alone has moved by now."""
    return [row["customer_id"] for row in await tx.rows(_TO_REVIEW, b_now=tx.now, b_most=most)]


async def one(reader: Reader, customer_id: UUID) -> Record | None:
    """A customer's score, in sight; None if it was merged into another one."""
    statement = select(_S).where(_S.c.customer_id == customer_id, UNMERGED, *visible(reader.scope, SIGHT))
    return await reader.row(statement)
