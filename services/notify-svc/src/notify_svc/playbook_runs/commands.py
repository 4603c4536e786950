"""Every change of runs: begun, paused, resumed, ended; each told where others may hear of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, case, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert

from notify_svc.playbook_runs import queries
from notify_svc.playbook_runs.domain import TRANSITIONS, Deed, Entered, Outcome
from notify_svc.playbook_runs.queries import INTENT, RUN, STEP
from notify_svc.playbooks import commands as playbooks
from notify_svc.playbooks import queries as playbook_queries
from shared.db import Record, Tx, any_of, prepare
from shared.events.notify import PlaybookFinished, PlaybookStarted
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict
from shared.references import recorded_for

_UNFINISHED = text("playbook_run.state <> 'finished'")
_MOMENT = DateTime(timezone=True)
_ENTERING: dict[str, Any] = {
    "id": Uuid,
    "playbook_id": Uuid,
    "number": Integer,
    "customer_id": Uuid,
    "entered_at": _MOMENT,
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _ENTERING.items()))
    .table_valued(*_ENTERING, name="given")
    .render_derived()
)
_now = bindparam("now", type_=_MOMENT)
_columns = {
    **{name: _given.c[name] for name in _ENTERING},
    "entered_id": _given.c.customer_id,
    "state": bindparam("state", "running", type_=Text),
    "step": bindparam("step", 1, type_=Integer),
    "failures": bindparam("failures", 0, type_=Integer),
    "version": bindparam("version", 1, type_=Integer),
    "wake_at": _now,
    "created_at": _now,
    "updated_at": _now,
}
_START = prepare(
    insert(RUN)
    .from_select(
        list(_columns),
        select(*(value.label(name) for name, value in _columns.items())),
        include_defaults=False,
    )
    .on_conflict_do_nothing(index_elements=[RUN.c.playbook_id, RUN.c.entered_id], index_where=_UNFINISHED)
    .returning(RUN)
)
_endings = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("outcomes", type_=ARRAY(Text)),
        bindparam("codes", type_=ARRAY(Text)),
    )
    .table_valued("id", "outcome", "code", name="ending")
    .render_derived()
)
_FINISH = prepare(
    update(RUN)
    .where(RUN.c.id == _endings.c.id, _UNFINISHED)
    .values(
        state="finished",
        outcome=_endings.c.outcome,
        code=_endings.c.code,
        wake_at=null(),
        finished_at=_now,
        updated_at=_now,
        changed_by=bindparam("by", type_=Uuid),
        version=RUN.c.version + 1,
    )
    .returning(RUN)
)
_DROP_INTENTS = prepare(
    update(INTENT).where(INTENT.c.run_id == any_of("ids"), INTENT.c.state == "pending").values(state="failed")
)
_NEVER_ASKED = prepare(
    update(STEP)
    .where(
        STEP.c.run_id == any_of("ids"),
        STEP.c.state == "waiting",
        select(INTENT.c.run_id)
        .where(INTENT.c.run_id == STEP.c.run_id, INTENT.c.step == STEP.c.step, INTENT.c.state == "failed")
        .exists(),
    )
    .values(state="failed", code="run_over")
)
_of_id = RUN.c.id == bindparam("b_id", type_=Uuid)
_PAUSE = prepare(update(RUN).where(_of_id), "state", "changed_by", "updated_at", "version")
_RESUME = prepare(
    update(RUN)
    .where(_of_id)
    .values(wake_at=case((RUN.c.wake_at.is_(None), null()), else_=func.greatest(RUN.c.wake_at, func.now()))),
    "state",
    "changed_by",
    "updated_at",
    "version",
)


class Ending(NamedTuple):
    """How a run is over, and the code of what ended it."""

    run_id: UUID
    outcome: Outcome
    code: str | None


async def start(tx: Tx, entered: Sequence[Entered]) -> int:
    """Begin runs, in one statement however many customers enter; how many that are."""
    if not entered:
        return 0
    rows = await tx.rows(
        _START,
        b_id=[each.run_id for each in entered],
        b_playbook_id=[each.offer.playbook_id for each in entered],
        b_number=[each.offer.number for each in entered],
        b_customer_id=[each.customer_id for each in entered],
        b_entered_at=[each.at for each in entered],
        now=tx.now,
    )
    for row in rows:
        outbox.record(tx, PlaybookStarted(subject=row["id"], version=1, **_about(row)))
    return len(rows)


def _about(row: Record) -> dict[str, Any]:
    return {
        "distributor_id": row["distributor_id"],
        "playbook_id": row["playbook_id"],
        "playbook_version": row["number"],
        "customer_id": recorded_for(row),
    }


async def finish(tx: Tx, endings: Sequence[Ending], *, by: UUID | None = None) -> int:
    """End runs that are not over yet, and what they wanted of other services; how many."""
    if not endings:
        return 0
    chosen = list({each.run_id: each for each in endings}.values())
    ids = [each.run_id for each in chosen]
    rows = await tx.rows(
        _FINISH,
        ids=ids,
        outcomes=[each.outcome for each in chosen],
        codes=[each.code for each in chosen],
        now=tx.now,
        by=by,
    )
    if await tx.run(_DROP_INTENTS, ids=ids):
        await tx.run(_NEVER_ASKED, ids=ids)
    for row in rows:
        told = PlaybookFinished(
            subject=row["id"], version=row["version"], outcome=row["outcome"], **_about(row)
        )
        outbox.record(tx, told)
    return len(rows)


def _following(row: Record, deed: Deed) -> str:
    state = TRANSITIONS.get((row["state"], deed))
    if state is None:
        raise Conflict(
            "playbook_run_state",
            en="The run cannot do that in its state.",
            zh="当前状态不允许该操作。",
            extra={"state": row["state"]},
        )
    return state


async def pause(tx: Tx, run_id: UUID, *, by: UUID, expected: int | None) -> None:
    """Take no step and ask nobody until it is resumed; its goal may be reached all the same."""
    await _set(tx, run_id, "pause", by=by, expected=expected)


async def resume(tx: Tx, run_id: UUID, *, by: UUID, expected: int | None) -> None:
    """Go on; what came due meanwhile comes now."""
    await _set(tx, run_id, "resume", by=by, expected=expected)


async def _set(tx: Tx, run_id: UUID, deed: Deed, *, by: UUID, expected: int | None) -> None:
    row = await queries.run_for_update(tx, run_id)
    check_version(expected, row["version"])
    said = {"state": _following(row, deed), "changed_by": by, "updated_at": tx.now}
    statement = _PAUSE if deed == "pause" else _RESUME
    await tx.run(statement, b_id=run_id, **said, version=row["version"] + 1)


async def stop(tx: Tx, run_id: UUID, *, by: UUID, expected: int | None) -> None:
    """End a run by a person's word."""
    row = await queries.run_for_update(tx, run_id)
    check_version(expected, row["version"])
    _following(row, "finish")
    await finish(tx, [Ending(run_id, "stopped", "by_person")], by=by)


async def stop_some(tx: Tx, playbook_id: UUID, *, most: int) -> int:
    """Lead out some who are inside an archived playbook; how many. With the last one it is done."""
    runs = await queries.open_of(tx, playbook_id, most)
    await finish(tx, [Ending(run_id, "stopped", "playbook_archived") for run_id in runs])
    if not runs and not await queries.any_open(tx, playbook_id):
        await playbooks.all_stopped(tx, playbook_id)
    return len(runs)


async def stopping(tx: Tx) -> list[UUID]:
    """The archived playbooks whose runs are being ended."""
    return await playbook_queries.stopping(tx)
