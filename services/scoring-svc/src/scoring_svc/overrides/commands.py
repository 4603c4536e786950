"""Customers pinned to a tier, and let go again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update

from scoring_svc.facts.due import mark_due
from scoring_svc.overrides import queries
from scoring_svc.overrides.queries import T
from scoring_svc.overrides.schemas import TierOverrideCreate
from shared.db import Database, Record, Tx, prepare
from shared.events.scoring import TierPinned, TierUnpinned
from shared.http import check_version
from shared.messaging import outbox
from shared.problems import Conflict, Invalid, not_found
from shared.references import check_unmerged

LONGEST = timedelta(days=731)
_AT_ONCE = 500
_ADD = prepare(insert(T).returning(T), *T.c.keys())
_END = prepare(
    update(T).where(T.c.id == bindparam("b_id")).returning(T), "ended_at", "ended_by", "end_cause", "version"
)


async def pin(tx: Tx, body: TierOverrideCreate, *, by: UUID) -> Record | None:
    """Give a customer in sight a tier until then; it is scored with it at once.

    Conflict if it has one already: end that one first, so that nobody's is replaced unseen.
    """
    if not tx.now < body.expires_at <= tx.now + LONGEST:
        raise Invalid.at(
            "/expires_at",
            "expiry_out_of_range",
            en="must lie in the future, two years from now at most",
            zh="须晚于当前时间，且不超过两年",
        )
    await check_unmerged(tx, body.customer_id)
    customer = await queries.customer_for_update(tx, body.customer_id)
    if customer is None:
        raise not_found("customer", "客户")
    if await queries.active(tx, [body.customer_id], tx.now):
        raise Conflict(
            "override_active",
            en="This customer's tier is overridden already; end that first.",
            zh="该客户已有生效的等级覆盖，请先结束。",
        )
    await _end_expired(tx, body.customer_id)
    row = await tx.row(
        _ADD,
        id=tx.new_id(),
        customer_id=body.customer_id,
        origin_id=None,
        distributor_id=customer["distributor_id"],
        tier=body.tier,
        reason=body.reason,
        created_by=by,
        created_at=tx.now,
        expires_at=body.expires_at,
        ended_at=None,
        ended_by=None,
        end_cause=None,
        version=1,
    )
    if row is not None:
        _tell_pinned(tx, row)
        mark_due(tx, [row["customer_id"]])
    return row


async def end(tx: Tx, override_id: UUID, *, by: UUID, expected: int | None) -> Record | None:
    """Let the rules decide again, from now on; Conflict if it has ended."""
    row = await queries.for_update(tx, override_id)
    if row is None:
        raise not_found("tier override", "等级覆盖")
    check_version(expected, row["version"])
    if row["ended_at"] is not None or row["expires_at"] <= tx.now:
        raise Conflict("override_ended", en="This override has ended.", zh="该等级覆盖已结束。")
    return await _ended(tx, row, cause="ended", by=by)


async def expire(database: Database) -> int:
    """End what has run out, and have its customers scored; how many."""
    total = 0
    while True:
        async with database.begin() as tx:
            rows = await queries.expired(tx, _AT_ONCE)
            for row in rows:
                await _ended(tx, row, cause="expired", by=None)
        total += len(rows)
        if len(rows) < _AT_ONCE:
            return total


async def _end_expired(tx: Tx, customer_id: UUID) -> None:
    """End what ran out a moment ago and waits for the next look."""
    statement = T.select().where(T.c.customer_id == customer_id, T.c.ended_at.is_(None))
    for row in await tx.rows(statement.with_for_update()):
        await _ended(tx, row, cause="expired", by=None)


async def _ended(tx: Tx, row: Record, *, cause: str, by: UUID | None) -> Record | None:
    version: Any = row["version"] + 1
    ended = await tx.row(_END, b_id=row["id"], ended_at=tx.now, ended_by=by, end_cause=cause, version=version)
    event = TierUnpinned(
        subject=row["id"],
        version=version,
        distributor_id=row["distributor_id"],
        customer_id=row["customer_id"],
        cause=cause,
    )
    outbox.record(tx, event)
    mark_due(tx, [row["customer_id"]])
    return ended


def _tell_pinned(tx: Tx, row: Record) -> None:
    event = TierPinned(
        subject=row["id"],
        version=1,
        distributor_id=row["distributor_id"],
        customer_id=row["customer_id"],
        tier=row["tier"],
        expires_at=row["expires_at"],
        created_by=row["created_by"],
    )
    outbox.record(tx, event)
