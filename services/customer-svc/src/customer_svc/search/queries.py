"""Looking customers up by their pieces."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, String, Uuid, any_, bindparam, cast, func, literal_column, select, true

from customer_svc.customers import queries as customers
from customer_svc.customers.domain import KINDS, STATUSES
from customer_svc.customers.pieces import classes, in_class, pieces_key, seen_by
from customer_svc.customers.tables import NUMBERS, Customer, CustomerPiece
from customer_svc.search import domain
from customer_svc.search.domain import Attempt, Looked, Search
from customer_svc.search.schemas import SearchQuery
from shared.db import Prepared, Reader, in_sight, prepare, sight
from shared.sealing import Sealer
from shared.searching.pieces import as_array

_t: Any = Customer.__table__  # type: ignore[attr-defined]
_p: Any = CustomerPiece.__table__  # type: ignore[attr-defined]
_COLUMNS = [_t.c[name] for name in ("id", "name_key", "name_pinyin", "kind", "code", "phone")]
_ROWS = prepare(
    select(_t).where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.SIGHT))
)
_LEAST = 20
_RARE = 5
"""Few customers are archived, so more are looked at to find some."""
_ONE_BY_ONE: Any = literal_column("0")
"""As an OFFSET it keeps the planner from looking through all customers instead."""


async def search(db: Reader, query: SearchQuery, sealer: Sealer) -> dict[str, Any]:
    """The best finds as `{"data": rows with how they matched, "has_more": bool}`.

    Slips come last: they are looked for only if nothing else fills the answer.
    """
    wanted, key = Search.of(query.q), pieces_key(sealer)
    sure, slips = domain.attempts(wanted, key)
    looked, most = await _looked(db, query, sure, key), query.limit + 1
    best = domain.best(wanted, looked, most)
    if slips and len(best) < most:
        best = domain.best(wanted, looked + await _looked(db, query, slips, key), most)
    shown = best[: query.limit]
    whole = await _whole(db, [row["id"] for _, row in shown])
    data = [{**whole[row["id"]], "matched": way} for way, row in shown if row["id"] in whole]
    return {"data": data, "has_more": len(best) > query.limit}


async def _looked(db: Reader, query: SearchQuery, attempts: Sequence[Attempt], key: bytes) -> list[Looked]:
    """What each attempt leads to, of the kind and status that are asked for and in sight.

    The attempts are alike: either all have `every`, or it is one that has `some`.
    """
    seen = {f"seen_{place}": pieces for place, pieces in enumerate(seen_by(db.scope, key))}
    asked = [_asked(attempt, query.kind) for attempt in attempts]
    shown = max(query.limit, _LEAST) * (_RARE if query.status == "archived" else 1)
    most = [attempt.looks * shown for attempt in attempts]
    rows = await db.rows(
        _statement(len(attempts[0].some), len(seen)),
        places=list(range(len(attempts))),
        most=most,
        statuses=STATUSES if query.status == "all" else (query.status,),
        kinds=KINDS if query.kind is None else (query.kind,),
        **{f"asked_{place}": texts for place, texts in enumerate(zip(*asked, strict=True))},
        **seen,
        **sight(db.scope),
    )
    found = {place: list(group) for place, group in groupby(rows, itemgetter("place"))}
    return [
        Looked(
            attempt,
            [dict(row) for row in found.get(place, ()) if row["id"] is not None],
            complete=len(found.get(place, ())) < most[place],
        )
        for place, attempt in enumerate(attempts)
    ]


def _asked(attempt: Attempt, kind: str | None) -> list[str]:
    """The arrays to look up, one after another until there are enough: `{1,2};{3,4}` for each condition."""
    wanted = attempt.some or (attempt.every,)
    if not attempt.by_length:
        return [as_array(pieces) for pieces in wanted]
    return [";".join(as_array(in_class(each, pieces)) for each in classes(kind)) for pieces in wanted]


@lru_cache(maxsize=128)
def _statement(words: int, seen: int) -> Prepared:
    """Found by their pieces alone: what row security asks of each row is no way to find any.

    Whether they may be shown is asked one by one, of the row itself; of those that may not the rest is null.
    With `words` rows have one piece of each word, else all pieces.
    """
    names = [f"asked_{place}" for place in range(words or 1)]
    given = (bindparam(name, type_=ARRAY(String)) for name in names)
    numbers = (bindparam(name, type_=ARRAY(Integer)) for name in ("places", "most"))
    asked: Any = func.unnest(*numbers, *given).table_valued("place", "most", *names, name="asked")
    asked = asked.render_derived()
    parted = (func.string_to_array(asked.c[name], ";") for name in names)
    probe = func.unnest(*parted).table_valued(*names, name="probe").render_derived()
    pieces = _p.c.pieces
    has = pieces.overlap if words else pieces.contains
    one = (
        select(_p.c.customer_id)
        .where(*(has(cast(probe.c[name], NUMBERS)) for name in names))
        .where(*(pieces.overlap(bindparam(f"seen_{place}", type_=NUMBERS)) for place in range(seen)))
        .limit(asked.c.most)
        .lateral("one")
    )
    found = (
        select(one.c.customer_id).select_from(probe.join(one, true())).limit(asked.c.most).lateral("found")
    )
    shown = (
        select(*_COLUMNS)
        .where(
            _t.c.id == found.c.customer_id,
            _t.c.status == any_(bindparam("statuses", type_=ARRAY(String))),
            _t.c.kind == any_(bindparam("kinds", type_=ARRAY(String))),
            in_sight(customers.SIGHT),
        )
        .offset(_ONE_BY_ONE)
        .lateral("shown")
    )
    return prepare(
        select(asked.c.place, *shown.c).select_from(asked.join(found, true()).outerjoin(shown, true()))
    )


async def _whole(db: Reader, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    rows = await db.rows(_ROWS, ids=list(ids), **sight(db.scope)) if ids else []
    return {row["id"]: dict(row) for row in rows}
