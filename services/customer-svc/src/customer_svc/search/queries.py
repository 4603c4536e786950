"""Looking customers up by their pieces."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, TextClause, Uuid, any_, bindparam, select, text

from customer_svc.customers import queries as customers
from customer_svc.customers.domain import KINDS, STATUSES
from customer_svc.customers.pieces import having, pieces_key, seen_by
from customer_svc.customers.tables import Customer
from customer_svc.search import domain
from customer_svc.search.domain import Attempt, Search
from customer_svc.search.schemas import SearchQuery
from shared.db import Reader, in_sight, prepare, sight
from shared.sealing import Sealer

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_MOST = 300
"""So many rows are looked at for each way; a search that fits more says too little to rank them all."""
_COLUMNS = [_t.c[name] for name in ("id", "name_key", "name_pinyin", "kind", "code", "phone")]
_CANDIDATES = prepare(
    select(*_COLUMNS).where(
        _t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        _t.c.status == any_(bindparam("statuses", type_=ARRAY(String))),
        _t.c.kind == any_(bindparam("kinds", type_=ARRAY(String))),
        in_sight(customers.SIGHT),
    )
)
_ROWS = prepare(
    select(_t).where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.SIGHT))
)


async def search(db: Reader, query: SearchQuery, sealer: Sealer) -> dict[str, Any]:
    """The best finds as `{"data": rows with how they matched, "has_more": bool}`."""
    wanted, key = Search.of(query.q), pieces_key(sealer)
    attempts = list(domain.attempts(wanted, key))
    found = await db.rows(_lookup(attempts, list(seen_by(db.scope, key))))
    rows = await _candidates(db, query, {row["customer_id"] for row in found})
    finds = []
    for place, customer_id in found:
        way, row = attempts[place].way, rows.get(customer_id)
        rank = None if row is None else domain.rank(wanted, way, row)
        if row is not None and rank is not None:
            finds.append((rank, way, row))
    best = domain.best(finds)
    shown = best[: query.limit]
    whole = await _whole(db, [row["id"] for _, row in shown])
    data = [{**whole[row["id"]], "matched": way} for way, row in shown if row["id"] in whole]
    return {"data": data, "has_more": len(best) > query.limit}


def _lookup(attempts: Sequence[Attempt], seen: Sequence[Sequence[int]]) -> TextClause:
    """Found by their pieces alone: what row security asks of each row is no way to find any."""
    each = (
        f"(SELECT {place} AS attempt, customer_id FROM customer_piece "
        f"WHERE {having(attempt.every, (*attempt.some, *seen))} LIMIT {_MOST})"
        for place, attempt in enumerate(attempts)
    )
    return text(" UNION ALL ".join(each))


async def _candidates(db: Reader, query: SearchQuery, ids: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Those of them that are in sight and of the kind and status that are asked for."""
    statuses = STATUSES if query.status == "all" else (query.status,)
    kinds = KINDS if query.kind is None else (query.kind,)
    rows = await db.rows(_CANDIDATES, ids=list(ids), statuses=statuses, kinds=kinds, **sight(db.scope))
    return {row["id"]: dict(row) for row in rows}


async def _whole(db: Reader, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = await db.rows(_ROWS, ids=list(ids), **sight(db.scope)) if ids else []
    return {row["id"]: dict(row) for row in rows}
