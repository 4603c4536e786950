"""Steps along the table of transitions: the row, its history and what others are told, in one place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from scoring_svc.warnings.tables import ChurnWarning, WarningStep
from scoring_svc.warnings.transitions import Status, Verb, transition
from shared.db import Record, Tx, prepare
from shared.events.scoring import ChurnCleared, ChurnWarned
from shared.messaging import outbox
from shared.problems import Conflict

_T: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_S: Any = WarningStep.__table__  # type: ignore[attr-defined]
_NEW = prepare(insert(_T).returning(_T), *_T.c.keys())
_CHANGING = (
    "status", "owner_id", "due_at", "acknowledged_by", "action", "action_note", "acted_by", "acted_at",
    "outcome", "outcome_note", "outcome_by", "raised_at", "closed_at", "version",
)  # fmt: skip
_CHANGE = prepare(update(_T).where(_T.c.id == bindparam("b_id")).returning(_T), *_CHANGING)
_NOTE = prepare(insert(_S), *_S.c.keys())
_PLAIN = ("owner_id", "due_at", "action", "action_note", "outcome", "outcome_note")


async def begin(tx: Tx, row: Mapping[str, Any]) -> Record:
    """Write a new warning down; others are told unless it waits."""
    (warning,) = await tx.rows(_NEW, **row)
    await _note(tx, warning, "find", source=None, by=None, details={})
    if warning["status"] != "waiting":
        outbox.record(tx, warned(warning))
    return warning


async def step(tx: Tx, warning: Record, verb: Verb, *, by: UUID | None, **changes: Any) -> Record:
    """Take a step and tell of it; Conflict where the table of transitions has none.

    A warning that leaves the queue, or goes to another owner, is told of again with its next version.
    """
    source: Status = warning["status"]
    allowed = transition(source, verb)
    if allowed is None or (allowed.guard == "unsaid" and not _is_unsaid(warning)):
        raise _refused(source, verb)
    kept = {name: warning[name] for name in _CHANGING}
    raised = source == "waiting" and allowed.target not in ("waiting", "closed")
    kept |= {"status": allowed.target, "version": warning["version"] + 1, **changes}
    if raised:
        kept["raised_at"] = tx.now
    (changed,) = await tx.rows(_CHANGE, b_id=warning["id"], **kept)
    details = {name: _plain(value) for name, value in changes.items() if name in _PLAIN}
    await _note(tx, changed, verb, source=source, by=by, details=details)
    _tell(tx, warning, changed, raised=raised)
    return changed


def _is_unsaid(warning: Record) -> bool:
    return warning["outcome_by"] is None and warning["outcome"] != "merged"


def _tell(tx: Tx, before: Record, now: Record, *, raised: bool) -> None:
    if now["status"] == "closed":
        if before["status"] not in ("waiting", "closed"):
            outbox.record(tx, _cleared(now))
    elif raised or (now["status"] != "waiting" and now["owner_id"] != before["owner_id"]):
        outbox.record(tx, warned(now))


def warned(warning: Record) -> ChurnWarned:
    """What others are told of a warning that is before its owner."""
    return ChurnWarned(
        subject=warning["id"],
        version=warning["version"],
        distributor_id=warning["distributor_id"],
        customer_id=warning["customer_id"],
        owner_id=warning["owner_id"],
        level=warning["level"],
        probability=warning["probability"],
        reasons=tuple(reason["code"] for reason in warning["reasons"]),
        recommended_action=warning["recommended_action"]["code"],
        due_at=warning["due_at"],
    )


def _cleared(warning: Record) -> ChurnCleared:
    return ChurnCleared(
        subject=warning["id"],
        version=warning["version"],
        distributor_id=warning["distributor_id"],
        customer_id=warning["customer_id"],
        outcome=warning["outcome"],
    )


async def _note(
    tx: Tx, warning: Record, verb: Verb, *, source: str | None, by: UUID | None, details: dict[str, Any]
) -> None:
    await tx.run(
        _NOTE,
        id=tx.new_id(),
        warning_id=warning["id"],
        customer_id=warning["customer_id"],
        verb=verb,
        from_status=source,
        to_status=warning["status"],
        details=details,
        done_by=by,
        done_at=tx.now,
    )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else str(value)


def _refused(status: Status, verb: Verb) -> Conflict:
    if status == "closed":
        return Conflict("warning_closed", en="This warning is closed.", zh="该预警已关闭。")
    return Conflict(
        "warning_status",
        en=f"A warning that is {status} cannot go on by {verb}.",
        zh="预警当前状态不允许此操作。",
        extra={"status": status},
    )
