"""Keeping clocks as they were counted."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, any_, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from interaction_svc.clocks.tables import SlaClock
from interaction_svc.sla.ticking import Ticking
from shared.db import Tx, prepare

_T: Any = SlaClock.__table__  # type: ignore[attr-defined]
_KEPT = ("policy_id", "due_at", "paused_at", "done_at", "alarm_at", "alarm_to")
_new = insert(_T)
_KEEP = prepare(
    _new.on_conflict_do_update(
        index_elements=["complaint_id", "metric", "started_at"],
        set_={name: _new.excluded[name] for name in _KEPT},
        where=_T.c.done_at.is_(None),
    ),
    *(name for name in _T.c.keys() if name != "next_at"),  # noqa: SIM118 - a ColumnCollection iterates columns
)
_counted = (
    func.unnest(
        bindparam("complaints", type_=ARRAY(Uuid)),
        bindparam("metrics", type_=ARRAY(Text)),
        bindparam("starts", type_=ARRAY(DateTime(timezone=True))),
    )
    .table_valued("complaint", "metric", "started_at", name="counted")
    .render_derived()
)
_DROP = prepare(
    delete(_T).where(
        _T.c.complaint_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        _T.c.done_at.is_(None),
        tuple_(_T.c.complaint_id, _T.c.metric, _T.c.started_at).not_in(
            select(_counted.c.complaint, _counted.c.metric, _counted.c.started_at)
        ),
    )
)


class Clocks(NamedTuple):
    """The clocks of one complaint by the policy that holds for it."""

    complaint_id: UUID
    policy_id: UUID | None
    ticking: tuple[Ticking, ...]


async def keep(tx: Tx, many: Iterable[Clocks], *, quietly: bool = False) -> None:
    """Store what was counted; a clock that was stopped stays as it is, and who was told is not told again.

    `quietly`: nobody is told of what is over already.
    """
    rows = [_row(tx, clocks, one, quietly=quietly) for clocks in many for one in clocks.ticking]
    await tx.run_many(_KEEP, rows)


async def drop_others(tx: Tx, many: Sequence[Clocks]) -> None:
    """Forget the running clocks of these complaints that are not among them: nothing is promised there."""
    known = [(clocks.complaint_id, one.metric, one.started_at) for clocks in many for one in clocks.ticking]
    await tx.run(
        _DROP,
        ids=[clocks.complaint_id for clocks in many],
        complaints=[complaint for complaint, _, _ in known],
        metrics=[metric for _, metric, _ in known],
        starts=[start for _, _, start in known],
    )


def _row(tx: Tx, clocks: Clocks, one: Ticking, *, quietly: bool) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "complaint_id": clocks.complaint_id,
        "metric": one.metric,
        "policy_id": clocks.policy_id,
        "started_at": one.started_at,
        "due_at": one.due_at,
        "paused_at": one.paused_at,
        "done_at": one.done_at,
        "alarm_at": [alarm.at for alarm in one.alarms],
        "alarm_to": [alarm.to for alarm in one.alarms],
        "fired": len(one.alarms) if quietly and one.done_at is not None else 0,
    }
