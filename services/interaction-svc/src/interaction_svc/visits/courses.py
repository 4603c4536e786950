"""What every change of a visit has in common: the row, its step, and who is told."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, update
from sqlalchemy.dialects.postgresql import insert

from interaction_svc.visits import domain
from interaction_svc.visits.domain import Verb
from interaction_svc.visits.tables import Visit, VisitStep
from shared.db import Tx, prepare
from shared.events.interaction import VisitCancelled, VisitDone, VisitMissed, VisitPlanned, VisitState
from shared.messaging import outbox
from shared.references import recorded_for

_T: Any = Visit.__table__  # type: ignore[attr-defined]
_S: Any = VisitStep.__table__  # type: ignore[attr-defined]
_FIXED = {"id", "customer_id", "origin_id", "distributor_id", "series_id", "created_by", "created_at"}
_NOT_YET = (
    *("origin_id", "series_id", "occurs_on", "check_in", "checked_in_at", "checked_in_by", "interaction_id"),
    *("done_at", "done_by", "missed_at", "cancelled_at", "cancelled_by", "reason"),
)
_SHARED = ("customer_id", "distributor_id", "version", "status", "starts_at", "ends_at", "assignee_id")

# A series makes each of its visits once, whoever else makes them at the same time.
_MAKE = prepare(
    insert(_T)
    .on_conflict_do_nothing(index_elements=["series_id", "occurs_on"])
    .returning(_T.c.customer_id, _T.c.origin_id, _T.c.distributor_id),
    *_T.c.keys(),
)
_SAVE = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *(column.key for column in _T.c if column.key not in _FIXED),
)
_REMEMBER = prepare(insert(_S), *_S.c.keys())


async def plan(tx: Tx, rows: Sequence[Mapping[str, Any]], *, by: UUID) -> list[dict[str, Any]]:
    """Store new visits and say so; those that their series has made already are left out.

    A row says whose it is, when, and what it is about; `series_id` and `occurs_on` if a series made it.
    """
    found = []
    for row in rows:
        drafted = _drafted(tx, row, by)
        keeper = await tx.row(_MAKE, **drafted)
        if keeper is not None:
            found.append({**drafted, **keeper})
    await tx.run_many(_REMEMBER, [_step(tx, row, "plan", by=by) for row in found])
    for row in found:
        _tell(tx, row)
    return found


async def save(
    tx: Tx,
    row: Mapping[str, Any],
    wanted: Mapping[str, Any],
    verb: Verb,
    *,
    by: UUID | None,
    note: str | None = None,
) -> dict[str, Any]:
    """Store what a verb makes of a visit that was locked before, with its step, and tell whom it concerns."""
    after = {**row, **wanted, "version": row["version"] + 1, "updated_at": tx.now}
    after["staff_ids"] = domain.staff_of(after["assignee_id"], after["participants"])
    await tx.run(_SAVE, b_id=row["id"], b_version=row["version"], **after)
    await tx.run(_REMEMBER, **_step(tx, after, verb, by=by, note=note))
    moved = any(row[name] != after[name] for name in ("starts_at", "ends_at", "assignee_id"))
    if moved or after["status"] != row["status"]:
        _tell(tx, after)
    return after


def _drafted(tx: Tx, row: Mapping[str, Any], by: UUID) -> dict[str, Any]:
    return {
        **dict.fromkeys(_NOT_YET),
        **row,
        "id": tx.new_id(),
        "by_hand": False,
        "staff_ids": domain.staff_of(row["assignee_id"], row["participants"]),
        "status": "planned",
        "created_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def _step(
    tx: Tx, row: Mapping[str, Any], verb: Verb, *, by: UUID | None, note: str | None = None
) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _SHARED},
        "id": tx.new_id(),
        "visit_id": row["id"],
        "verb": verb,
        "note": note,
        "done_by": by,
        "done_at": tx.now,
    }


_TOLD: Mapping[str, type[VisitPlanned | VisitDone | VisitCancelled | VisitMissed]] = {
    "planned": VisitPlanned,
    "done": VisitDone,
    "cancelled": VisitCancelled,
    "missed": VisitMissed,
}


def _tell(tx: Tx, row: Mapping[str, Any]) -> None:
    state = {name: row[name] for name in VisitState.model_fields} | {"customer_id": recorded_for(row)}
    told = {"subject": row["id"], "version": row["version"], "distributor_id": row["distributor_id"]}
    kind = _TOLD[row["status"]]
    outbox.record(tx, kind(**told, **state))
