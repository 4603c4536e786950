"""Warnings opened, seen, and ended."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from scoring_svc.warnings import queries
from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Record, Tx, prepare
from shared.events.scoring import ChurnCleared, ChurnWarned
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, not_found

_T: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_OPEN = prepare(insert(_T), *_T.c.keys())
_CLOSE = prepare(
    update(_T).where(_T.c.id == bindparam("b_id")).returning(_T),
    "status",
    "outcome",
    "closed_at",
    "version",
)
_ACKNOWLEDGE = prepare(
    update(_T).where(_T.c.id == bindparam("b_id")).returning(_T), "status", "acknowledged_by", "version"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a score says about a customer that is worth warning of."""

    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    level: str
    probability: float
    expected_value_minor: int
    contributed_52_minor: int
    currency: str
    reasons: list[dict[str, Any]]
    recommended_action: dict[str, Any]


async def warn(tx: Tx, finding: Finding) -> UUID:
    """Open a warning and tell of it."""
    warning = tx.new_id()
    await tx.run(
        _OPEN,
        id=warning,
        customer_id=finding.customer_id,
        distributor_id=finding.distributor_id,
        owner_id=finding.owner_id,
        status="open",
        level=finding.level,
        probability=finding.probability,
        expected_value_minor=finding.expected_value_minor,
        contributed_52_minor=finding.contributed_52_minor,
        currency=finding.currency,
        reasons=finding.reasons,
        recommended_action=finding.recommended_action,
        outcome=None,
        acknowledged_by=None,
        opened_at=tx.now,
        closed_at=None,
        version=1,
    )
    event = ChurnWarned(
        subject=warning,
        version=1,
        distributor_id=finding.distributor_id,
        customer_id=finding.customer_id,
        owner_id=finding.owner_id,
        level=finding.level,
        probability=finding.probability,
        reasons=tuple(reason["code"] for reason in finding.reasons),
        recommended_action=finding.recommended_action["code"],
    )
    outbox.record(tx, event)
    return warning


async def end(tx: Tx, warning: Record, outcome: str) -> Record | None:
    """Close a warning with what came of it, and tell that it no longer holds."""
    version = warning["version"] + 1
    closed = await tx.row(
        _CLOSE, b_id=warning["id"], status="closed", outcome=outcome, closed_at=tx.now, version=version
    )
    event = ChurnCleared(
        subject=warning["id"],
        version=version,
        distributor_id=warning["distributor_id"],
        customer_id=warning["customer_id"],
    )
    outbox.record(tx, event)
    return closed


async def end_of(tx: Tx, customer_id: UUID, outcome: str) -> None:
    """Close the warning of a customer, if there is one that is not closed."""
    for warning in (await queries.live(tx, [customer_id])).values():
        await end(tx, warning, outcome)


async def acknowledge(tx: Tx, warning_id: UUID, *, by: UUID, expected: int | None) -> Record | None:
    """Note that somebody takes care of it; again by the same person changes nothing."""
    warning = await _changeable(tx, warning_id, expected)
    if warning["status"] == "acknowledged" and warning["acknowledged_by"] == by:
        return warning
    return await tx.row(
        _ACKNOWLEDGE,
        b_id=warning_id,
        status="acknowledged",
        acknowledged_by=by,
        version=warning["version"] + 1,
    )


async def conclude(tx: Tx, warning_id: UUID, *, outcome: str, expected: int | None) -> Record | None:
    """Close it with what came of it."""
    return await end(tx, await _changeable(tx, warning_id, expected), outcome)


async def _changeable(tx: Tx, warning_id: UUID, expected: int | None) -> Record:
    warning = await queries.for_update(tx, warning_id)
    if warning is None:
        raise not_found("churn warning", "流失预警")
    check_version(expected, warning["version"])
    if warning["status"] == "closed":
        raise Conflict("warning_closed", en="This warning is closed.", zh="该预警已关闭。")
    return warning
