"""Every change of a promise, and breaking those whose deadline has passed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, insert, null, update

from interaction_svc.complaints.occasions import check_occasion
from interaction_svc.promises import domain, queries
from interaction_svc.promises.domain import Verb
from interaction_svc.promises.schemas import PromiseCreate, PromiseMove, PromisePatch
from interaction_svc.promises.tables import Promise, PromiseStep
from shared.db import Tx, prepare
from shared.events.interaction import (
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseMoved,
    PromiseState,
    PromiseWithdrawn,
)
from shared.http import check_version
from shared.jobs import JobContext
from shared.messaging import outbox
from shared.references import recorded_for

BREAKING = "promises.break"
AT_ONCE = 500
_T = Promise.__table__  # type: ignore[attr-defined]
_S = PromiseStep.__table__  # type: ignore[attr-defined]
_FIXED = {"id", "customer_id", "origin_id", "distributor_id", "interaction_id", "complaint_id"}
_FIXED |= {"created_by", "created_at"}

_MAKE = prepare(insert(_T).returning(_T.c.customer_id), *_T.c.keys())
_SAVE = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *(column.key for column in _T.c if column.key not in _FIXED),
)
_REMEMBER = prepare(insert(_S), *_S.c.keys())
_LET_GO = prepare(
    update(_T)
    .where(_T.c.interaction_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .values(interaction_id=null(), version=_T.c.version + 1),
    "updated_at",
)


async def make_promise(
    tx: Tx, body: PromiseCreate, *, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Note a promise; Invalid for a deadline in the past, another customer's interaction or complaint."""
    domain.check_ahead(body.due_at, now=tx.now)
    await check_occasion(
        tx, body.customer_id, interaction_id=body.interaction_id, complaint_id=body.complaint_id
    )
    row = {
        **body.model_dump(),
        **dict.fromkeys(("origin_id", "broken_at", "settled_at", "settled_by", "note")),
        "id": tx.new_id(),
        "distributor_id": distributor_id,
        "promised_by": body.promised_by or by,
        "status": "open",
        "created_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    keeper = await tx.value(_MAKE, **row)
    await _remember(tx, row, "make", by=by)
    _tell(tx, PromiseMade, row)
    return queries.shown({**row, "customer_id": keeper})


async def change_promise(
    tx: Tx, promise_id: UUID, patch: PromisePatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what was sent of an open promise. Raises NotFound, Stale, Conflict."""
    row = await queries.promise_to_change(tx, promise_id)
    check_version(expected, row["version"])
    domain.after(row["status"], "change")
    wanted = {name: value for name, value in patch.changes().items() if row[name] != value}
    if not wanted:
        return queries.shown(row)
    async with tx.handing_over():  # to somebody whose customers are not in the caller's sight
        return queries.shown(await _save(tx, row, wanted, "change", by=by))


async def move_promise(
    tx: Tx, promise_id: UUID, body: PromiseMove, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Give an open promise another deadline. Raises NotFound, Stale, Conflict, and Invalid for a past one."""
    row = await queries.promise_to_change(tx, promise_id)
    check_version(expected, row["version"])
    domain.after(row["status"], "move")
    domain.check_ahead(body.due_at, now=tx.now)
    row = await _save(tx, row, {"due_at": body.due_at}, "move", by=by, note=body.reason)
    _tell(tx, PromiseMoved, row)
    return queries.shown(row)


async def settle_promise(
    tx: Tx, promise_id: UUID, verb: Verb, *, note: str | None, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Keep or withdraw a promise. Raises NotFound, Stale, and Conflict when it is over already."""
    row = await queries.promise_to_change(tx, promise_id)
    check_version(expected, row["version"])
    status = domain.after(row["status"], verb)
    wanted = {"status": status, "settled_at": tx.now, "settled_by": by, "note": note}
    row = await _save(tx, row, wanted, verb, by=by, note=note)
    _tell(tx, PromiseKept if status == "kept" else PromiseWithdrawn, row)
    return queries.shown(row)


async def let_go(tx: Tx, interaction_ids: Sequence[UUID]) -> None:
    """Let the promises in sight that were made in these interactions stand alone: they still hold."""
    await tx.run(_LET_GO, ids=list(interaction_ids), updated_at=tx.now)


async def break_overdue(job: JobContext, _: dict[str, Any]) -> None:
    """Mark every open promise whose deadline has passed as broken, and say so once each."""
    full = True
    while full:
        async with job.begin() as tx:
            rows = await queries.overdue(tx, most=AT_ONCE)
            for row in rows:
                status = domain.after(row["status"], domain.BREAK)
                wanted = {"status": status, "broken_at": tx.now}
                _tell(tx, PromiseBroken, await _save(tx, row, wanted, domain.BREAK, by=None))
            full = len(rows) == AT_ONCE


async def _save(
    tx: Tx,
    row: dict[str, Any],
    wanted: dict[str, Any],
    verb: Verb,
    *,
    by: UUID | None,
    note: str | None = None,
) -> dict[str, Any]:
    after = {**row, **wanted, "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_SAVE, b_id=row["id"], b_version=row["version"], **after)
    await _remember(tx, after, verb, by=by, note=note)
    return after


async def _remember(
    tx: Tx, row: dict[str, Any], verb: Verb, *, by: UUID | None, note: str | None = None
) -> None:
    kept = ("customer_id", "distributor_id", "version", "status", "due_at", "promised_by")
    await tx.run(
        _REMEMBER,
        **{name: row[name] for name in kept},
        id=tx.new_id(),
        promise_id=row["id"],
        verb=verb,
        note=note,
        done_by=by,
        done_at=tx.now,
    )


def _tell(
    tx: Tx,
    kind: type[PromiseMade | PromiseMoved | PromiseBroken | PromiseKept | PromiseWithdrawn],
    row: dict[str, Any],
) -> None:
    known = {**row, "customer_id": recorded_for(row), "made_at": row["created_at"]}
    state = {name: known[name] for name in PromiseState.model_fields}
    outbox.record(
        tx,
        kind(subject=row["id"], version=row["version"], distributor_id=row["distributor_id"], **state),
    )
