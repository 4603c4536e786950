"""What publishing needs to read."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from scoring_svc.facts import touched
from scoring_svc.policies import queries as policies
from scoring_svc.policies.queries import Row, plain
from scoring_svc.policies.queries import T as POLICY
from scoring_svc.scores.tables import Score
from scoring_svc.simulations.queries import P, T
from shared.db import Reader, Record, Tx, prepare
from shared.references.tables import KNOWN as _R

_C: Any = touched.CHANGE
_S: Any = Score.__table__  # type: ignore[attr-defined]
_OF = P.c.simulation_id == bindparam("b_simulation", type_=Uuid)
_UNSEEN = touched.since("b_snapshot")
_known = P.c.customer_id.is_not(None)
_merged = _R.c.merged_into.is_not(None)
_MOVED = prepare(
    select(
        func.count().filter(_known & ~func.coalesce(_merged, False)).label("changed"),
        func.count().filter(~_known & ~func.coalesce(_merged, False)).label("new"),
        func.count().filter(_known & func.coalesce(_merged, False)).label("gone"),
    )
    .select_from(
        _C.outerjoin(P, (P.c.customer_id == _C.c.customer_id) & _OF).outerjoin(
            _R, _R.c.id == _C.c.customer_id
        )
    )
    .where(_UNSEEN)
)
_SIMULATION = prepare(
    select(*(column for column in T.c if column.name != "grids")).where(T.c.id == bindparam("b_id"))
)
_PART = prepare(
    select(
        P,
        exists(select(_C.c.customer_id).where(_C.c.customer_id == P.c.customer_id, _UNSEEN)).label("touched"),
    )
    .where(_OF, P.c.customer_id > bindparam("b_after", type_=Uuid))
    .order_by(P.c.customer_id)
    .limit(bindparam("b_most", type_=Integer))
)
_SCORES = prepare(
    select(_S)
    .where(_S.c.customer_id == func.any(bindparam("customers", type_=ARRAY(Uuid))))
    .order_by(_S.c.customer_id)
    .with_for_update()
)
_UNDONE = prepare(
    select(
        P.c.customer_id,
        P.c.from_rule_tier.label("tier"),
        P.c.from_since.label("tier_since"),
    )
    .ext(distinct_on(P.c.customer_id))
    .select_from(P.join(T, T.c.id == P.c.simulation_id))
    .where(
        P.c.from_rule_tier.is_not(None),
        T.c.id.in_(
            select(POLICY.c.simulation_id).where(
                POLICY.c.version > bindparam("b_version", type_=Integer),
                POLICY.c.published_at >= bindparam("b_since", type_=POLICY.c.published_at.type),
            )
        ),
    )
    .order_by(P.c.customer_id, T.c.taken_at)
)
_OTHERWISE = prepare(
    select(func.count()).select_from(
        select(func.coalesce(P.c.customer_id).label("one"))
        .where(P.c.simulation_id.in_((bindparam("b_then", type_=Uuid), bindparam("b_now", type_=Uuid))))
        .group_by(P.c.customer_id)
        .having((func.count() < 2) | (func.min(P.c.to_tier) != func.max(P.c.to_tier)))  # noqa: PLR2004
        .subquery()
    )
)
_DUE = prepare(
    select(POLICY.c.version)
    .where(
        POLICY.c.status == "scheduled",
        POLICY.c.effective_from <= bindparam("b_now", type_=POLICY.c.effective_from.type),
    )
    .order_by(POLICY.c.effective_from, POLICY.c.version)
)
_LATE = timedelta(minutes=2)
_UNAPPLIED = prepare(
    select(POLICY.c.version).where(
        POLICY.c.status == "published",
        POLICY.c.applied_at.is_(None),
        POLICY.c.published_at < func.now() - _LATE,
    )
)


async def simulation(reader: Reader, simulation_id: UUID) -> Row | None:
    """A simulation with all but its grids, which are large."""
    return plain(await reader.row(_SIMULATION, b_id=simulation_id))


async def moved(tx: Tx, simulated: Mapping[str, Any]) -> dict[str, int]:
    """How many customers changed, came or went since the simulation's state: `changed`, `new`, `gone`."""
    found = await tx.row(_MOVED, b_simulation=simulated["id"], b_snapshot=simulated["snapshot"])
    return {} if found is None else dict(found)


async def part(tx: Tx, simulated: Mapping[str, Any], after: UUID, most: int) -> list[Record]:
    """The next placements, each with whether its customer was `touched` since."""
    return await tx.rows(
        _PART,
        b_simulation=simulated["id"],
        b_snapshot=simulated["snapshot"],
        b_after=after,
        b_most=most,
    )


async def scores(tx: Tx, customers: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """These customers' scores, locked."""
    return {row["customer_id"]: dict(row) for row in await tx.rows(_SCORES, customers=list(customers))}


async def undone(reader: Reader, version: int, since: datetime) -> dict[UUID, dict[str, Any]]:
    """The tiers by rule before what was published after `version`, as columns of scores."""
    rows = await reader.rows(_UNDONE, b_version=version, b_since=since)
    nothing = {"rule_tier": None, "rule_tier_since": None}
    return {row["customer_id"]: {**dict(row), **nothing} for row in rows}


async def undone_by(reader: Reader, policy: Mapping[str, Any]) -> dict[UUID, dict[str, Any]]:
    """The tiers that a version which brings an earlier one back held everybody to; none for any other."""
    source = None if policy["copy_of"] is None else await policies.one(reader, policy["copy_of"])
    if source is None or source["retired_at"] is None:
        return {}
    return await undone(reader, source["version"], source["retired_at"])


async def otherwise(reader: Reader, then: UUID, now: UUID) -> int:
    """How many customers these two simulations give different tiers, or only one of them gives one."""
    return int(await reader.value(_OTHERWISE, b_then=then, b_now=now))


async def due(reader: Reader, now: datetime) -> list[int]:
    """Scheduled versions whose time has come."""
    return [row["version"] for row in await reader.rows(_DUE, b_now=now)]


async def unapplied(reader: Reader) -> int | None:
    """The version published minutes ago that not everybody has a tier by, if there is one."""
    found: int | None = await reader.value(_UNAPPLIED)
    return found
