"""The hourly work: judge what today's rules did not judge and what became stale, and sum up the sources."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, delete, func, insert, select

from customer_svc.customers.tables import Customer
from customer_svc.quality.commands import judge_many
from customer_svc.quality.domain import CODES, FRESH_FOR, RULES
from customer_svc.quality.tables import CustomerQuality, QualityFigure
from customer_svc.tables import MOMENT
from shared.db import Prepared, Tx, prepare
from shared.jobs import JobContext

JOB = "quality.judging"
_AT_ONCE = 1000
_FIRST = UUID(int=0)
_SECONDS = 600

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_q: Any = CustomerQuality.__table__  # type: ignore[attr-defined]
_f: Any = QualityFigure.__table__  # type: ignore[attr-defined]
_after = bindparam("after", type_=Uuid)
_unjudged = (
    select(_t.c.id)
    .outerjoin(_q, (_q.c.customer_id == _t.c.id) & (_q.c.customer_id > _after))
    .where(
        _t.c.status == "active",
        _q.c.rules.is_distinct_from(bindparam("b_rules", RULES, type_=Integer))
        | (_q.c.touched_at < _t.c.updated_at),  # changed by somebody who does not judge, as older code
    )
)
_stale = (
    select(_t.c.id)
    .join(_q, _q.c.customer_id == _t.c.id)
    .where(~_q.c.record_stale, _q.c.touched_at <= bindparam("b_before", type_=MOMENT))
)
_UNJUDGED, _STALE = (
    prepare(
        chosen.where(_t.c.id > _after)
        .order_by(_t.c.id)
        .limit(_AT_ONCE)
        .with_for_update(key_share=True, skip_locked=True, of=_t)
    )
    for chosen in (_unjudged, _stale)
)
_WHOSE = ("distributor_id", "owner_id", "org_unit_id", "channel")
_FORGET = prepare(delete(_f))
_SUM_UP = prepare(
    insert(_f).from_select(
        ["id", *_WHOSE, "customers", "points", "computed_at", *CODES],
        select(
            func.gen_random_uuid(),
            *(_q.c[name] for name in _WHOSE),
            func.count(),
            func.sum(_q.c.score),
            bindparam("at", type_=MOMENT),
            *(func.count().filter(_q.c[code]) for code in CODES),
        ).group_by(*(_q.c[name] for name in _WHOSE)),
    )
)


async def keep_judged(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - there is nothing to say
    """Bring all findings and figures up to date; what somebody is changing right now is judged by them."""
    await _judge_all(job, _UNJUDGED)
    await _judge_all(job, _STALE)
    async with job.begin(timeout=_SECONDS) as tx:
        await tx.run(_FORGET)
        await tx.run(_SUM_UP, at=tx.now)


async def _judge_all(job: JobContext, chosen: Prepared) -> None:
    """Judge all customers that are chosen, a thousand in a transaction, in the order of their ids."""
    after: UUID | None = _FIRST
    while after is not None:
        async with job.begin(timeout=_SECONDS) as tx:
            after = await _judge_some(tx, chosen, after)


async def _judge_some(tx: Tx, chosen: Prepared, after: UUID) -> UUID | None:
    before = {"b_before": tx.now - FRESH_FOR} if "b_before" in chosen.names else {}
    ids: list[UUID] = [row["id"] for row in await tx.rows(chosen, after=after, **before)]
    if not ids:
        return None
    await judge_many(tx, ids)
    return ids[-1]
