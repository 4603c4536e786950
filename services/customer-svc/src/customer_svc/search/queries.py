"""Looking customers up by their pieces."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam, select

from customer_svc.customers import queries as customers
from customer_svc.customers.pieces import having, pieces_key, seen_by
from customer_svc.customers.tables import Customer, CustomerPiece
from customer_svc.search import domain
from customer_svc.search.domain import Attempt, Search
from customer_svc.search.schemas import SearchQuery
from shared.db import Reader, in_sight, prepare, sight, visible
from shared.sealing import Sealer

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_p: Any = CustomerPiece.__table__  # type: ignore[attr-defined]
_FOUND, _CANDIDATES = 1000, 200
"""So many rows are found and looked at for each way; a search that fits more says too little to rank them."""
_ROWS = prepare(
    select(_t).where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.SIGHT))
)


async def search(db: Reader, query: SearchQuery, sealer: Sealer) -> dict[str, Any]:
    """The best finds as `{"data": rows with how they matched, "has_more": bool}`."""
    wanted = Search.of(query.q)
    finds = []
    key = pieces_key(sealer)
    for attempt in domain.attempts(wanted, key):
        for row in await db.rows(_candidates(db, attempt, query, key)):
            found = dict(row)
            rank = domain.rank(wanted, attempt.way, found)
            if rank is not None:
                finds.append((rank, attempt.way, found))
    best = domain.best(finds)
    shown = best[: query.limit]
    rows = await _whole(db, [row["id"] for _, row in shown])
    data = [{**rows[row["id"]], "matched": way} for way, row in shown if row["id"] in rows]
    return {"data": data, "has_more": len(best) > query.limit}


def _candidates(db: Reader, attempt: Attempt, query: SearchQuery, key: bytes) -> Select[Any]:
    """Found by their pieces first: what row security asks of each row is no way to find any."""
    wanted = having(_p.c.pieces, attempt.every, (*attempt.some, *seen_by(db.scope, key)))
    found = select(_p.c.customer_id).where(*wanted).limit(_FOUND).cte("found").prefix_with("MATERIALIZED")
    columns = (_t.c[name] for name in ("id", "name_key", "name_pinyin", "kind", "code", "phone"))
    conditions: list[ColumnElement[bool]] = visible(db.scope, customers.SIGHT)
    if query.status != "all":
        conditions.append(_t.c.status == query.status)
    if query.kind is not None:
        conditions.append(_t.c.kind == query.kind)
    return select(*columns).join(found, found.c.customer_id == _t.c.id).where(*conditions).limit(_CANDIDATES)


async def _whole(db: Reader, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = await db.rows(_ROWS, ids=list(ids), **sight(db.scope)) if ids else []
    return {row["id"]: dict(row) for row in rows}
