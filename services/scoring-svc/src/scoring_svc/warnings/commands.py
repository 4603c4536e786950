"""Warnings opened, taken care of, given to others, and ended."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scoring_svc.warnings import course, queries, queue
from scoring_svc.warnings.domain import at_risk, due_by, leading
from scoring_svc.workload import queries as workload
from scoring_svc.workload.domain import Capacity
from shared.db import Record, Tx
from shared.http import check_version
from shared.problems import not_found

_USUAL_HORIZON = 13.0


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
    horizon_weeks: float = _USUAL_HORIZON


async def warn(tx: Tx, finding: Finding, capacity: Capacity | None = None) -> UUID:
    """Open a warning: at once where its owner may have any number, else it waits until it is raised.

    `capacity` is the rule of now, if it was read already.
    """
    limited = (capacity or await workload.current(tx)).of(finding.owner_id) is not None
    row = {
        **{name: getattr(finding, name) for name in Finding.__slots__},
        "id": tx.new_id(),
        "status": "waiting" if limited else "open",
        "at_risk_minor": at_risk(
            probability=finding.probability, contributed_minor=finding.contributed_52_minor
        ),
        "leading_reason": leading(finding.reasons),
        "due_at": due_by(finding.level, since=tx.now),
        "acknowledged_by": None,
        "opened_at": tx.now,
        "raised_at": None if limited else tx.now,
        "closed_at": None,
        "version": 1,
        **dict.fromkeys(("action", "action_note", "acted_by", "acted_at")),
        **dict.fromkeys(("outcome", "outcome_note", "outcome_by", "seen", "seen_at")),
    }
    found: UUID = (await course.begin(tx, row))["id"]
    return found


async def end(tx: Tx, warning: Record, outcome: str) -> Record:
    """The system closes a warning with what came of it."""
    return await course.step(tx, warning, "lapse", by=None, outcome=outcome, closed_at=tx.now)


async def end_of(tx: Tx, customer_id: UUID, outcome: str) -> None:
    """Close the warning of a customer, if there is one that is not closed."""
    for warning in (await queries.live(tx, [customer_id])).values():
        await end(tx, warning, outcome)
        await queue.fill_soon(tx)


async def acknowledge(tx: Tx, warning_id: UUID, *, by: UUID, expected: int | None) -> Record:
    """Note that somebody takes care of it; again by the same person changes nothing."""
    warning = await _changeable(tx, warning_id, expected)
    if warning["status"] == "acknowledged" and warning["acknowledged_by"] == by:
        return warning
    return await course.step(tx, warning, "acknowledge", by=by, acknowledged_by=by)


async def act(
    tx: Tx, warning_id: UUID, *, action: str, note: str | None, by: UUID, expected: int | None
) -> Record:
    """Note what is done about it; the latest action counts, its history keeps them all."""
    warning = await _changeable(tx, warning_id, expected)
    taken = {"action": action, "action_note": note, "acted_by": by, "acted_at": tx.now}
    return await course.step(
        tx, warning, "act", by=by, acknowledged_by=warning["acknowledged_by"] or by, **taken
    )


async def assign(
    tx: Tx, warning_id: UUID, *, owner_id: UUID | None, by: UUID, expected: int | None
) -> Record:
    """Give it to somebody else, who is told, or to nobody; to the same owner again changes nothing."""
    warning = await _changeable(tx, warning_id, expected)
    if warning["owner_id"] == owner_id:
        return warning
    given = await course.step(tx, warning, "assign", by=by, owner_id=owner_id)
    await queue.fill_soon(tx)
    return given


async def change(
    tx: Tx, warning_id: UUID, changes: dict[str, Any], *, by: UUID, expected: int | None
) -> Record:
    """Set until when something should have come of it; nothing that is not sent changes."""
    warning = await _changeable(tx, warning_id, expected)
    if not changes or changes["due_at"] == warning["due_at"]:
        return warning
    return await course.step(tx, warning, "schedule", by=by, due_at=changes["due_at"])


async def conclude(
    tx: Tx, warning_id: UUID, *, outcome: str, note: str | None, by: UUID, expected: int | None
) -> Record:
    """Close it with what came of it, or say so of one that the system closed."""
    warning = await _changeable(tx, warning_id, expected)
    said = {"outcome": outcome, "outcome_note": note, "outcome_by": by}
    if warning["status"] == "closed":
        return await course.step(tx, warning, "judge", by=by, **said)
    closed = await course.step(tx, warning, "conclude", by=by, closed_at=tx.now, **said)
    await queue.fill_soon(tx)
    return closed


async def _changeable(tx: Tx, warning_id: UUID, expected: int | None) -> Record:
    warning = await queries.for_update(tx, warning_id)
    if warning is None:
        raise not_found("churn warning", "流失预警")
    check_version(expected, warning["version"])
    return warning
