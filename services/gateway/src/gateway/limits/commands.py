"""Changes of plans, and what was used written down."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError, UniqueViolationError
from sqlalchemy import BigInteger, bindparam, delete, insert, update
from sqlalchemy.dialects import postgresql

from gateway.limits import domain, queries
from gateway.limits.domain import Bucket
from gateway.limits.schemas import PlanCreate, PlanPatch
from gateway.limits.tables import BucketRow, FailureRow, PlanRow
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict

PLANS_BELL = "plans"

_plan = PlanRow.__table__  # type: ignore[attr-defined]
_bucket = BucketRow.__table__  # type: ignore[attr-defined]
_failure = FailureRow.__table__  # type: ignore[attr-defined]
_CHANGEABLE = ("name", "requests_per_minute", "burst", "requests_per_day", "version", "updated_at")

_ADD = prepare(insert(_plan), *_plan.c.keys())
_SAVE = prepare(update(_plan).where(_plan.c.id == bindparam("b_id")), *_CHANGEABLE)
_REMOVE = prepare(delete(_plan).where(_plan.c.id == bindparam("b_id")))


def _kept(table: Any) -> Any:
    new = postgresql.insert(table)
    values = {name: new.excluded[name] for name in table.c.keys() if name != "subject"}  # noqa: SIM118 - a column collection
    return prepare(new.on_conflict_do_update(index_elements=["subject"], set_=values), *table.c.keys())


_KEEP_BUCKET = _kept(_bucket)
_KEEP_FAILURES = _kept(_failure)
_FORGET_BUCKETS = prepare(delete(_bucket).where(_bucket.c.day < bindparam("day")))
_FORGET_FAILURES = prepare(delete(_failure).where(_failure.c.last_at < bindparam("before", type_=BigInteger)))


async def create_plan(tx: Tx, wanted: PlanCreate) -> dict[str, Any]:
    """A new plan; Conflict if the code is taken."""
    row = {
        **wanted.model_dump(),
        "id": tx.new_id(),
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    try:
        async with tx.savepoint():
            await tx.run(_ADD, **row)
    except UniqueViolationError:
        raise Conflict("code_taken", en="There is such a plan already.", zh="该方案代码已存在。") from None
    _tell(tx)
    return row


async def change_plan(tx: Tx, plan_id: UUID, wanted: PlanPatch, expected: int | None) -> dict[str, Any]:
    """Change a plan; it holds within seconds, for what was used before too. Raises NotFound, Stale."""
    row = await queries.plan_for_update(tx, plan_id)
    check_version(expected, row["version"])
    row |= {**wanted.changes(), "version": row["version"] + 1, "updated_at": tx.now}
    await tx.run(_SAVE, b_id=plan_id, **{name: row[name] for name in _CHANGEABLE})
    _tell(tx)
    return row


async def remove_plan(tx: Tx, plan_id: UUID, expected: int | None) -> None:
    """Take a plan away; Conflict while a role, a key or the addresses stand on it."""
    row = await queries.plan_for_update(tx, plan_id)
    check_version(expected, row["version"])
    if row["code"] in domain.SEEDS:
        raise _in_use()
    try:
        async with tx.savepoint():
            await tx.run(_REMOVE, b_id=plan_id)
    except ForeignKeyViolationError:
        raise _in_use() from None
    _tell(tx)


async def keep_buckets(tx: Tx, buckets: Mapping[UUID, Bucket]) -> None:
    """Write down what these have used now. Only after `queries.keep_others_out`."""
    rows = [
        {"subject": subject, "full_at": bucket.full_at, "day": bucket.day, "used": bucket.used}
        for subject, bucket in buckets.items()
    ]
    await tx.run_many(_KEEP_BUCKET, rows)


async def keep_failures(tx: Tx, failures: Mapping[UUID, Sequence[int]]) -> None:
    """Write down when these failed. Only after `queries.keep_others_out`."""
    rows = [
        {"subject": subject, "failed_at": list(moments), "last_at": max(moments)}
        for subject, moments in failures.items()
    ]
    await tx.run_many(_KEEP_FAILURES, rows)


async def forget(tx: Tx, *, day: int, before: int) -> None:
    """Clear away what was used before this day, and failures before this moment."""
    await tx.run(_FORGET_BUCKETS, day=day)
    await tx.run(_FORGET_FAILURES, before=before)


def _tell(tx: Tx) -> None:
    """Have this process read the plans again at once; the others do within two seconds."""
    tx.after_commit(tx.database.signal(PLANS_BELL).set)


def _in_use() -> Conflict:
    return Conflict("plan_in_use", en="Something stands on this plan.", zh="该方案正在使用中。")
