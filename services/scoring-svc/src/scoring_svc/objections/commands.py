"""Objections made and withdrawn."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from scoring_svc.objections import queries
from scoring_svc.objections.tables import Objection
from shared.db import Record, Tx, prepare
from shared.events.scoring import ObjectionMade, ObjectionWithdrawn
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, not_found

_T: Any = Objection.__table__  # type: ignore[attr-defined]
_MAKE = prepare(insert(_T).returning(_T), *_T.c.keys())
_WITHDRAW = prepare(
    update(_T).where(_T.c.id == bindparam("b_id")).returning(_T),
    "status",
    "withdrawn_by",
    "withdrawn_at",
    "version",
)


async def make(
    tx: Tx, customer_id: UUID, *, distributor_id: UUID | None, reason: str | None, by: UUID
) -> Record | None:
    """Have an objection stand from now on, and tell of it; Conflict `objection_stands` if one does already.

    The customer is locked by whoever calls.
    """
    if await queries.stands(tx, customer_id):
        raise Conflict(
            "objection_stands", en="An objection of this customer stands.", zh="该客户已有生效的异议。"
        )
    objection = tx.new_id()
    row = await tx.row(
        _MAKE,
        id=objection,
        customer_id=customer_id,
        reason=reason,
        status="standing",
        made_by=by,
        made_at=tx.now,
        withdrawn_by=None,
        withdrawn_at=None,
        version=1,
    )
    outbox.record(
        tx,
        ObjectionMade(subject=objection, version=1, distributor_id=distributor_id, customer_id=customer_id),
    )
    return row


async def withdraw(
    tx: Tx, objection: Record, *, distributor_id: UUID | None, by: UUID, expected: int | None
) -> Record | None:
    """End it, and tell of it; Stale, or Conflict `objection_withdrawn` if it is over."""
    check_version(expected, objection["version"])
    if objection["status"] != "standing":
        raise Conflict("objection_withdrawn", en="This objection is over.", zh="该异议已撤回。")
    version = objection["version"] + 1
    event = ObjectionWithdrawn(
        subject=objection["id"],
        version=version,
        distributor_id=distributor_id,
        customer_id=objection["customer_id"],
    )
    outbox.record(tx, event)
    return await tx.row(
        _WITHDRAW,
        b_id=objection["id"],
        status="withdrawn",
        withdrawn_by=by,
        withdrawn_at=tx.now,
        version=version,
    )


async def found(tx: Tx, objection_id: UUID) -> Record:
    """An objection in sight, locked; NotFound."""
    row = await queries.for_update(tx, objection_id)
    if row is None:
        raise not_found("objection", "异议")
    return row
