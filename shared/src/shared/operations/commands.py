"""Starting long work and saying how far it is; a final status never changes again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, and_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.types import BigInteger, String

from shared.db import Database, Record, Tx, prepare
from shared.jobs import enqueue
from shared.operations import domain, queries
from shared.operations.queries import T
from shared.problems import Problem, not_found

KEPT = timedelta(days=30)
_FORGOTTEN_AT_ONCE = 1000

_START = prepare(
    insert(T).values(
        status="queued",
        done=0,
        cancel_requested=False,
        version=1,
        created_at=func.now(),
        result=None,
        problem=None,
    ),
    "id",
    "kind",
    "total",
    "created_by",
)
_OPEN = and_(T.c.id == bindparam("b_id"), T.c.finished_at.is_(None))
_PROGRESS = prepare(
    update(T)
    .where(_OPEN)
    .values(
        done=func.coalesce(bindparam("b_done", type_=BigInteger), T.c.done),
        total=func.coalesce(bindparam("b_total", type_=BigInteger), T.c.total),
        result=func.coalesce(bindparam("b_result", type_=JSONB), T.c.result),
        version=T.c.version + 1,
    )
)
_RUN = prepare(
    update(T)
    .where(_OPEN)
    .values(status="running", started_at=func.coalesce(T.c.started_at, func.now()), version=T.c.version + 1)
)
_ASK_TO_STOP = prepare(
    update(T)
    .where(_OPEN)
    .values(
        cancel_requested=True,
        status=case((T.c.status == "queued", "cancelled"), else_=T.c.status),
        finished_at=case((T.c.status == "queued", func.now()), else_=None),
        version=T.c.version + 1,
    )
    .returning(T)
)
_END = prepare(
    update(T)
    .where(_OPEN)
    .values(
        status=bindparam("b_status", type_=String),
        result=func.coalesce(bindparam("b_result", type_=JSONB), T.c.result),
        problem=bindparam("b_problem", type_=JSONB),
        started_at=func.coalesce(T.c.started_at, func.now()),
        finished_at=func.now(),
        version=T.c.version + 1,
    )
)
_OLD = (
    select(T.c.id)
    .where(T.c.finished_at < func.now() - bindparam("kept", type_=Interval()))
    .limit(_FORGOTTEN_AT_ONCE)
    .with_for_update(skip_locked=True)
    .cte("old")
)
_FORGET = prepare(delete(T).where(T.c.id == _OLD.c.id))


async def start(
    tx: Tx,
    kind: str,
    created_by: UUID,
    *,
    service_number: int,
    job: str,
    args: dict[str, Any],
    total: int | None = None,
) -> UUID:
    """Have a job of kind `job` do this, visibly; answers the id for `Location: /v1/operations/{id}`.

    The operation's status follows the job by itself; the handler reports `progress` and looks at `cancelled`.
    """
    operation = domain.operation_id(tx.new_id(), service_number)
    await tx.run(_START, id=operation, kind=kind, total=total, created_by=created_by)
    await enqueue(tx, job, args, operation_id=operation)
    return operation


async def progress(
    tx: Tx,
    operation: UUID,
    *,
    done: int | None = None,
    total: int | None = None,
    result: dict[str, Any] | None = None,
    last: bool = False,
) -> None:
    """Say how far it is, in items; what is left out stays. In the transaction of the items themselves.

    With `last` it is said just before the commit, which is cheaper and may be done once in a transaction.
    """
    said = {"b_id": operation, "b_done": done, "b_total": total, "b_result": result}
    if last:
        tx.run_last(_PROGRESS, **said)
    else:
        await tx.run(_PROGRESS, **said)


async def run(tx: Tx, operation: UUID) -> bool:
    """The work begins or goes on; False if somebody asked for an end, which it then is."""
    current = await queries.for_update(tx, operation)
    if current is None or current["status"] in domain.FINAL:
        return False
    if current["cancel_requested"]:
        await stop(tx, operation)
        return False
    if current["status"] != "running":
        await tx.run(_RUN, b_id=operation)
    return True


async def succeed(tx: Tx, operation: UUID, result: dict[str, Any] | None = None) -> None:
    """The work is done; without a result here the last reported one stays."""
    await _end(tx, operation, "succeeded", result=result)


async def stop(tx: Tx, operation: UUID) -> None:
    """The work ended because somebody asked for it."""
    await _end(tx, operation, "cancelled")


async def fail(tx: Tx, operation: UUID, problem: Problem) -> None:
    """The work will not be done; the caller reads why in their language."""
    await _end(tx, operation, "failed", problem=domain.record_of(problem))


async def cancel(tx: Tx, operation: UUID, *, caller: UUID, sees_all: bool) -> Record:
    """Ask for an end: what waits is cancelled at once, what runs when its handler notices.

    A finished operation stays as it is. Raises NotFound for somebody else's.
    """
    current = await queries.visible_for_update(tx, operation, caller=caller, sees_all=sees_all)
    if current is None:
        raise not_found("operation", "操作")
    if current["cancel_requested"]:
        return current
    return await tx.row(_ASK_TO_STOP, b_id=operation) or current


async def forget_old(database: Database) -> None:
    """Delete operations that ended a month ago, at most a thousand at once."""
    async with database.begin() as tx:
        await tx.run(_FORGET, kept=KEPT)


async def _end(
    tx: Tx,
    operation: UUID,
    status: str,
    *,
    result: dict[str, Any] | None = None,
    problem: dict[str, Any] | None = None,
) -> None:
    await tx.run(_END, b_id=operation, b_status=status, b_result=result, b_problem=problem)
