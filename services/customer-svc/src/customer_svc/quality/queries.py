"""Reading what was found: of one customer now, the worklist, and the figures of sources."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, exists, func, literal_column, select

from customer_svc.contacts.tables import Contact
from customer_svc.customers import queries as customers
from customer_svc.customers.tables import Customer
from customer_svc.identities.tables import Identity
from customer_svc.quality import domain
from customer_svc.quality.domain import CODES, FULL, Facts, Verdict
from customer_svc.quality.schemas import SourceQuery, WorklistQuery
from customer_svc.quality.tables import CustomerQuality, QualityFigure
from shared.db import Reader, Record, Sight, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.sealing import Sealer

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_c: Any = Contact.__table__  # type: ignore[attr-defined]
_i: Any = Identity.__table__  # type: ignore[attr-defined]
_q: Any = CustomerQuality.__table__  # type: ignore[attr-defined]
_f: Any = QualityFigure.__table__  # type: ignore[attr-defined]
MOST_SOURCES = 200
_ZERO: Any = literal_column("0")  # in the statement itself, where the planner sees that an index fits


def _sight(table: Any) -> Sight:
    return Sight(table.c.distributor_id, held=(table.c.owner_id, table.c.org_unit_id))


def _there(table: Any, *conditions: Any) -> Any:
    return exists(select(table.c.id).where(table.c.customer_id == _t.c.id, *conditions))


_VERIFIED_PHONE = (_i.c.kind == "phone", _i.c.verified, _i.c.external_id == _t.c.phone)
_CASES = prepare(
    select(
        _t,
        _there(_c).label("contacts"),
        _there(_c, _c.c.role == "decider").label("deciders"),
        _there(_i, _i.c.strength == "strong").label("strong_identity"),
        _there(_i, *_VERIFIED_PHONE).label("phone_verified"),
        _q.c.confirmed_at,
    )
    .outerjoin(_q, _q.c.customer_id == _t.c.id)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), _t.c.status == "active")
)


def _equal(name: str) -> Any:
    return lambda value: _q.c[name] == value


_NAMES = prepare(
    select(_t.c.id, _t.c.code, _t.c.name).where(
        _t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.SIGHT)
    )
)


def _worst_first(score: Any) -> Listing:
    return Listing(
        select(_q),
        key=_q.c.customer_id,
        sorts={"score": score},
        default="score",
        filters={
            **{name: _equal(name) for name in _PLAIN},
            "code": lambda code: _q.c[code],
            "dimension": lambda dimension: _q.c[dimension] > _ZERO,
        },
    )


_PLAIN = ("kind", "channel", "distributor_id", "owner_id", "org_unit_id")
_WORKLIST = _worst_first(_q.c.score)
# What somebody holds is found first and sorted then: the worst of all customers are seldom among it.
_HELD = _worst_first((_q.c.score + _ZERO).label("score"))


async def cases(db: Reader, ids: Iterable[UUID]) -> list[tuple[Mapping[str, Any], Facts]]:
    """The active ones of these customers, which were found in sight, with what else is known of them."""
    rows = await db.rows(_CASES, ids=list(ids))
    return [(dict(row), Facts(**{name: row[name] for name in Facts._fields})) for row in rows]


async def quality(db: Reader, customer_id: UUID, now: datetime, *, zh: bool) -> dict[str, Any]:
    """How good one customer's data are now; NotFound if it is out of sight or archived."""
    await customers.customer(db, customer_id)
    found = await cases(db, [customer_id])
    if not found:  # archived in between
        raise customers.absent()
    ((row, facts),) = found
    return answer(row, facts, domain.judge(row, facts, now), now, zh=zh)


def answer(
    row: Mapping[str, Any], facts: Facts, verdict: Verdict, now: datetime, *, zh: bool
) -> dict[str, Any]:
    """A verdict as it is told, in Chinese or English."""
    return {
        "customer_id": row["id"],
        "as_of": now,
        "score": verdict.score,
        "findings": domain.told(verdict.codes, row["kind"], zh=zh),
        "touched_at": verdict.touched_at,
        "stale_at": verdict.stale_at,
        "confirmed_at": facts.confirmed_at,
    }


async def worklist(db: Reader, query: WorklistQuery, sealer: Sealer, *, zh: bool) -> dict[str, Any]:
    """One page of the customers in sight of whom something was found, worst first."""
    where = [_q.c.score < FULL, *visible(db.scope, _sight(_q))]
    listing = _WORKLIST if db.scope.holders is None else _HELD
    page = await listing.page(db, query, sealer, where=where)
    ids = [row["customer_id"] for row in page["data"]]
    names = {row["id"]: row for row in await db.rows(_NAMES, ids=ids, **sight(db.scope))}
    named = [{**row, **names[row["customer_id"]]} for row in page["data"] if row["customer_id"] in names]
    return {**page, "data": [_item(row, zh=zh) for row in named]}


def _item(row: Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    found = domain.told((code for code in CODES if row[code]), row["kind"], zh=zh)
    return {**row, "findings": found, "stale_at": row["touched_at"] + domain.FRESH_FOR}


async def figures(db: Reader, query: SourceQuery, *, zh: bool) -> dict[str, Any]:
    """The figures of everything in sight, and of each source, those with the most customers first."""
    seen = visible(db.scope, _sight(_f))
    (everything,) = await db.rows(select(*_sums()).where(*seen))
    source = _f.c["channel" if query.by == "channel" else "distributor_id"].label("source")
    grouped = select(source, *_sums()).where(*seen).group_by(source)
    rows = await db.rows(grouped.order_by(func.sum(_f.c.customers).desc(), source).limit(MOST_SOURCES))
    return {
        "computed_at": everything["computed_at"],
        "all": _figure(everything, zh=zh),
        "sources": [{"source": row["source"] and str(row["source"]), **_figure(row, zh=zh)} for row in rows],
    }


def _sums() -> list[Any]:
    counted = (func.coalesce(func.sum(_f.c[name]), _ZERO).label(name) for name in ("customers", *CODES))
    return [*counted, func.sum(_f.c.points).label("points"), func.max(_f.c.computed_at).label("computed_at")]


def _figure(row: Record | Mapping[str, Any], *, zh: bool) -> dict[str, Any]:
    customers = row["customers"]
    shares = [
        {**domain.worded(rule, zh=zh), "customers": row[code], "share": round(row[code] / customers, 4)}
        for code, rule in domain.BY_CODE.items()
        if row[code]
    ]
    average = round(float(row["points"]) / customers, 1) if customers else None
    return {"customers": customers, "average_score": average, "findings": shares}
