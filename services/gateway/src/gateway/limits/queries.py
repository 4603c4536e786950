"""Reading plans and what was used."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Integer, Uuid, any_, bindparam, func, or_, select

from gateway.limits.domain import Bucket, Plan
from gateway.limits.schemas import PlanQuery
from gateway.limits.tables import BucketRow, FailureRow, PlanRow
from shared.db import Prepared, Reader, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_plan = PlanRow.__table__  # type: ignore[attr-defined]
_b = BucketRow.__table__.c  # type: ignore[attr-defined]
_f = FailureRow.__table__.c  # type: ignore[attr-defined]
_MOST_REMEMBERED = 50_000
_LOCK = 0x6C696D74

_one = select(_plan).where(_plan.c.id == bindparam("b_id"))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_ALL = prepare(select(_plan.c.code, _plan.c.requests_per_minute, _plan.c.burst, _plan.c.requests_per_day))
_LIST = Listing(
    select(_plan),
    key=_plan.c.id,
    sorts={"code": _plan.c.code, "created_at": _plan.c.created_at},
    default="code",
    filters={"code": lambda code: _plan.c.code == code},
)
_ALONE = prepare(select(func.pg_advisory_xact_lock(bindparam("lock", _LOCK, type_=BigInteger))))
_subjects = any_(bindparam("subjects", type_=ARRAY(Uuid)))
_BUCKETS = prepare(select(_b.subject, _b.full_at, _b.day, _b.used).where(_b.subject == _subjects))
_FAILURES = prepare(select(_f.subject, _f.failed_at).where(_f.subject == _subjects))
_LIVE_BUCKETS = prepare(
    select(_b.subject, _b.full_at, _b.day, _b.used)
    .where(or_(_b.day >= bindparam("day", type_=Integer), _b.full_at > bindparam("now", type_=BigInteger)))
    .order_by(_b.day.desc(), _b.full_at.desc())
    .limit(_MOST_REMEMBERED)
)
_LIVE_FAILURES = prepare(
    select(_f.subject, _f.failed_at)
    .where(_f.last_at > bindparam("since", type_=BigInteger))
    .order_by(_f.last_at.desc())
    .limit(_MOST_REMEMBERED)
)


async def _found(db: Reader, statement: Prepared, plan_id: UUID) -> dict[str, Any]:
    row = await db.row(statement, b_id=plan_id)
    if row is None:
        raise not_found("plan", "限额方案")
    return dict(row)


async def plan(db: Reader, plan_id: UUID) -> dict[str, Any]:
    """One plan; raises NotFound."""
    return await _found(db, _ONE, plan_id)


async def plan_for_update(tx: Tx, plan_id: UUID) -> dict[str, Any]:
    """One plan, locked until the transaction ends; raises NotFound."""
    return await _found(tx, _ONE_FOR_UPDATE, plan_id)


async def plans(db: Reader, query: PlanQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of plans."""
    return await _LIST.page(db, query, sealer)


async def every_plan(db: Reader) -> list[Plan]:
    """All plans, as the rules know them."""
    return [Plan(**dict(row)) for row in await db.rows(_ALL)]


async def keep_others_out(tx: Tx) -> None:
    """Let one replica at a time settle what was used, until this transaction ends."""
    await tx.row(_ALONE)


async def buckets(db: Reader, subjects: Sequence[UUID]) -> dict[UUID, Bucket]:
    """What these have used."""
    return _as_buckets(await db.rows(_BUCKETS, subjects=subjects))


async def live_buckets(db: Reader, *, day: int, now: int) -> dict[UUID, Bucket]:
    """Everything used that still matters."""
    return _as_buckets(await db.rows(_LIVE_BUCKETS, day=day, now=now))


async def failures(db: Reader, subjects: Sequence[UUID]) -> dict[UUID, list[int]]:
    """When these failed."""
    return {row["subject"]: row["failed_at"] for row in await db.rows(_FAILURES, subjects=subjects)}


async def live_failures(db: Reader, *, since: int) -> dict[UUID, list[int]]:
    """Everybody who failed since then."""
    return {row["subject"]: row["failed_at"] for row in await db.rows(_LIVE_FAILURES, since=since)}


def _as_buckets(rows: Sequence[Any]) -> dict[UUID, Bucket]:
    return {row["subject"]: Bucket(row["full_at"], row["day"], row["used"]) for row in rows}
