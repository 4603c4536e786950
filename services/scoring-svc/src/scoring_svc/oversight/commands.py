"""What follows when people speak about automatic decisions; all in the caller's transaction."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from scoring_svc.decisions import commands as decisions
from scoring_svc.decisions import queries as decided
from scoring_svc.facts import due
from scoring_svc.models.queries import Shelf
from scoring_svc.objections import commands as objections
from scoring_svc.oversight.recomputation import again
from scoring_svc.policies import queries as policies
from scoring_svc.provenance import CODE_HASH
from scoring_svc.scores.tables import Score
from scoring_svc.warnings import commands as warnings
from scoring_svc.warnings import queries as live_warnings
from shared.db import Database, Reader, Record, Tx, prepare, visible
from shared.http import check_version
from shared.problems import Conflict, not_found
from shared.references import root
from shared.references.tables import KNOWN as _R
from shared.references.tables import SIGHT as KNOWN_SIGHT

FALSE_ALARM = "false_alarm"
_S: Any = Score.__table__  # type: ignore[attr-defined]
_AUTOMATIC = prepare(update(_S).where(_S.c.customer_id == bindparam("b_customer")), "automatic")


async def object_to(tx: Tx, customer_id: UUID, *, reason: str | None, by: UUID) -> Record | None:
    """Have a customer's objection stand: what was decided automatically about it ends with this.

    NotFound; Conflict `objection_stands`. The tier stays as it is, its warning is closed as `objected`.
    """
    keeper = await root(tx, customer_id)
    customer = await _locked(tx, customer_id, keeper)
    if customer is None:
        raise not_found("customer", "客户")
    row = await objections.make(
        tx, customer_id, distributor_id=customer["distributor_id"], reason=reason, by=by
    )
    await tx.run(_AUTOMATIC, b_customer=keeper, automatic=False)
    await warnings.end_of(tx, keeper, "objected")
    due.mark_due(tx, [keeper])
    return row


async def withdraw(tx: Tx, objection_id: UUID, *, by: UUID, expected: int | None) -> Record | None:
    """End an objection; the customer is scored, and decided about, at once."""
    objection = await objections.found(tx, objection_id)
    keeper = await root(tx, objection["customer_id"])
    customer = await _locked(tx, objection["customer_id"], keeper)
    row = await objections.withdraw(
        tx,
        objection,
        distributor_id=customer["distributor_id"] if customer else None,
        by=by,
        expected=expected,
    )
    due.mark_due(tx, [keeper])
    return row


async def _locked(tx: Tx, customer_id: UUID, keeper: UUID) -> Record | None:
    """A customer in sight, locked with who keeps what is its.

    Whoever scores it has finished by then, or waits and knows of the objection afterwards.
    """
    conditions = visible(tx.scope, KNOWN_SIGHT)
    statement = select(_R.c.id, _R.c.distributor_id).where(_R.c.id.in_([customer_id, keeper]), *conditions)
    rows = await tx.rows(statement.order_by(_R.c.id).with_for_update(key_share=True))
    return next((row for row in rows if row["id"] == customer_id), None)


async def review(
    tx: Tx, decision_id: UUID, *, verdict: str, note: str | None, by: UUID, expected: int | None
) -> Record | None:
    """Uphold or overturn a decision, once; what is overturned has a consequence.

    A warning is closed as a false alarm; for a tier a pin is asked for (`follow_up` is `pin_tier`), because
    only a pin keeps the next run from deciding the same. NotFound, Stale, or Conflict `decision_reviewed`.
    """
    decision = await decided.for_update(tx, decision_id)
    if decision is None:
        raise not_found("decision", "决定")
    check_version(expected, decision["version"])
    if decision["review"] is not None:
        raise Conflict("decision_reviewed", en="This decision was reviewed already.", zh="该决定已经过复核。")
    follow_up = None if verdict == "upheld" else await _overturn(tx, decision)
    return await decisions.review(tx, decision, verdict=verdict, note=note, follow_up=follow_up, by=by)


async def _overturn(tx: Tx, decision: Record) -> str:
    if decision["kind"] == "tier":
        return "pin_tier"
    warning = await live_warnings.for_update(tx, decision["warning_id"])
    if warning is None or warning["status"] == "closed":
        return "warning_over"
    await warnings.end(tx, warning, FALSE_ALARM)
    return "warning_closed"


async def recompute(reader: Reader, shelf: Shelf, decision_id: UUID) -> dict[str, Any]:
    """Decide again from what was stored; NotFound, or Conflict `decision_unrepeatable`."""
    decision = await decided.one(reader, decision_id)
    if decision is None:
        raise not_found("decision", "决定")
    policy = await policies.one(reader, decision["policy_version"])
    standard = await policies.standard_of(reader, decision["model_id"], decision["policy_version"])
    try:
        model = await shelf.one(reader, decision["model_id"])
    except (LookupError, ValueError):
        model = None
    if policy is None or standard is None or model is None:
        raise Conflict(
            "decision_unrepeatable",
            en="The model or the policy of then cannot be read any more.",
            zh="当时的模型或策略已无法读取。",
        )
    return {
        "decision_id": decision["id"],
        "same_code": decision["code_hash"] == CODE_HASH,
        "same_policy": decision["policy_digest"] == policy["digest"],
        **again(decision, model.model, standard),
    }


async def forget(database: Database, *, older_than: timedelta) -> int:
    """Delete decisions whose time is over, a thousand in a transaction; how many."""
    total, full = 0, True
    while full:
        async with database.begin() as tx:
            gone = await decisions.forget(tx, older_than=older_than)
        total, full = total + gone, gone == decisions.AT_ONCE
    return total
