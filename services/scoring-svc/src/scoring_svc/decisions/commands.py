"""Decisions put on record in the transaction of their effect, reviewed, and forgotten after their time."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, bindparam, delete, select, update

from scoring_svc.columns import by_column, inserting
from scoring_svc.decisions.domain import MOST_REASONS, Decision
from scoring_svc.decisions.tables import DecisionRow
from scoring_svc.provenance import CODE_HASH
from shared.db import Record, Tx, prepare

_T: Any = DecisionRow.__table__  # type: ignore[attr-defined]
_RECORD = prepare(inserting(_T))
_REVIEW = prepare(
    update(_T).where(_T.c.id == bindparam("b_id")).returning(_T),
    "review",
    "reviewed_by",
    "reviewed_at",
    "review_note",
    "follow_up",
    "version",
)
_old = (
    select(_T.c.id)
    .where(_T.c.decided_at < bindparam("b_before", type_=DateTime(timezone=True)))
    .limit(bindparam("b_most", type_=Integer))
)
_FORGET = prepare(delete(_T).where(_T.c.id.in_(_old)))
AT_ONCE = 1000


def record(tx: Tx, decisions: Iterable[Decision]) -> None:
    """Put these decisions on record with the commit, however many; with the effect or not at all."""
    rows = [_row(tx, decision) for decision in decisions]
    if rows:
        tx.run_last(_RECORD, **by_column(_T, rows))


def _row(tx: Tx, decision: Decision) -> dict[str, Any]:
    inputs = {name: value for name, value in asdict(decision.inputs).items() if value is not None}
    return {
        "id": tx.new_id(),
        "customer_id": decision.customer_id,
        "kind": decision.kind,
        "warning_id": decision.warning_id,
        "decided": dict(decision.decided),
        "inputs": {"held": None, **inputs},
        "reasons": [dict(reason) for reason in decision.reasons[:MOST_REASONS]],
        "policy_version": decision.policy_version,
        "policy_digest": decision.policy_digest,
        "model_id": decision.model_id,
        "code_hash": CODE_HASH,
        "decided_at": tx.now,
        "review": None,
        "reviewed_by": None,
        "reviewed_at": None,
        "review_note": None,
        "follow_up": None,
        "version": 1,
    }


async def review(
    tx: Tx, decision: Record, *, verdict: str, note: str | None, follow_up: str | None, by: UUID
) -> Record | None:
    """Note what a person says of a decision, and what follows from it."""
    return await tx.row(
        _REVIEW,
        b_id=decision["id"],
        review=verdict,
        reviewed_by=by,
        reviewed_at=tx.now,
        review_note=note,
        follow_up=follow_up,
        version=decision["version"] + 1,
    )


async def forget(tx: Tx, *, older_than: timedelta) -> int:
    """Delete decisions that were made longer ago, at most a thousand at once; how many."""
    return await tx.run(_FORGET, b_before=tx.now - older_than, b_most=AT_ONCE)
