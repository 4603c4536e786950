"""What a look at drift leaves behind: a report, alarms opened and cleared, a model learnt in the shadow."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, bindparam, delete, insert, select, update

from scoring_svc.drift import metrics, queries
from scoring_svc.drift.domain import RETRAIN, Finding, worst
from scoring_svc.drift.tables import DriftAlarm, DriftReport
from shared.db import Record, Tx, prepare
from shared.events.scoring import ModelDrifted
from shared.http import check_version
from shared.jobs import enqueue
from shared.messaging import outbox
from shared.problems import Conflict, not_found

_D: Any = DriftReport.__table__  # type: ignore[attr-defined]
_A: Any = DriftAlarm.__table__  # type: ignore[attr-defined]
_NOTE = prepare(insert(_D), *_D.c.keys())
_OPEN = prepare(insert(_A), *_A.c.keys())
_SEEN = prepare(
    update(_A).where(_A.c.id == bindparam("b_id")), "level", "figure", "bound", "seen_at", "state", "version"
)
_CLEAR = prepare(update(_A).where(_A.c.id == bindparam("b_id")), "state", "cleared_at", "version")
_ACKNOWLEDGE = prepare(
    update(_A).where(_A.c.id == bindparam("b_id")).returning(_A),
    "state",
    "acknowledged_by",
    "acknowledged_at",
    "version",
)
_old = (
    select(_D.c.id)
    .where(_D.c.made_at < bindparam("b_before", type_=DateTime(timezone=True)))
    .limit(bindparam("b_most", type_=Integer))
)
FORGET = prepare(delete(_D).where(_D.c.id.in_(_old)))


async def report(tx: Tx, model_id: UUID, figures: Mapping[str, Any], found: Sequence[Finding]) -> UUID:
    """Note what was measured of the speaking model, and have its alarms be those that were found.

    Alarms of models that speak no more are cleared. A measure that has become an alarm has a model learnt in
    the shadow.
    """
    report_id = tx.new_id()
    level = worst(found)
    await tx.run(_NOTE, id=report_id, model_id=model_id, level=level, figures=dict(figures), made_at=tx.now)
    live = {(row["model_id"], row["measure"]): row for row in await queries.live(tx)}
    risen = False
    for finding in found:
        risen |= await _seen(tx, model_id, finding, live.pop((model_id, finding.measure), None))
    for gone in live.values():
        await tx.run(_CLEAR, b_id=gone["id"], state="cleared", cleared_at=tx.now, version=gone["version"] + 1)
    if risen:
        await enqueue(tx, RETRAIN, {}, dedup_key=RETRAIN)
    tx.after_commit(lambda: metrics.tell(figures, found))
    return report_id


async def _seen(tx: Tx, model_id: UUID, finding: Finding, known: Record | None) -> bool:
    """Open an alarm, or bring what is known of it up to date; whether it has become an alarm just now.

    One that has risen is open again, also for who had acknowledged the warning.
    """
    risen = finding.level == "alarm" and (known is None or known["level"] != "alarm")
    told: dict[str, Any] = {
        "level": finding.level, "figure": finding.figure, "bound": finding.bound, "seen_at": tx.now,
    }  # fmt: skip
    if known is None:
        alarm, version = tx.new_id(), 1
        await tx.run(
            _OPEN,
            id=alarm,
            model_id=model_id,
            measure=finding.measure,
            state="open",
            opened_at=tx.now,
            acknowledged_by=None,
            acknowledged_at=None,
            cleared_at=None,
            version=version,
            **told,
        )
    else:
        alarm, version = known["id"], known["version"] + 1
        await tx.run(_SEEN, b_id=alarm, state="open" if risen else known["state"], version=version, **told)
    if known is None or risen:
        _tell(tx, alarm, version, model_id, finding)
    return risen


def _tell(tx: Tx, alarm: UUID, version: int, model_id: UUID, finding: Finding) -> None:
    event = ModelDrifted(
        subject=alarm,
        version=version,
        distributor_id=None,
        model_id=model_id,
        measure=finding.measure,
        alert=finding.level,
        figure=finding.figure,
        bound=finding.bound,
    )
    outbox.record(tx, event)


async def acknowledge(tx: Tx, alarm_id: UUID, *, by: UUID, expected: int | None) -> Record | None:
    """Note that somebody looks into it; again by the same person changes nothing.

    NotFound, Stale, or Conflict `alarm_cleared`.
    """
    alarm = await queries.alarm_for_update(tx, alarm_id)
    if alarm is None:
        raise not_found("alarm", "告警")
    check_version(expected, alarm["version"])
    if alarm["state"] == "cleared":
        raise Conflict("alarm_cleared", en="This alarm is over.", zh="该告警已解除。")
    if alarm["state"] == "acknowledged" and alarm["acknowledged_by"] == by:
        return alarm
    return await tx.row(
        _ACKNOWLEDGE,
        b_id=alarm_id,
        state="acknowledged",
        acknowledged_by=by,
        acknowledged_at=tx.now,
        version=alarm["version"] + 1,
    )
