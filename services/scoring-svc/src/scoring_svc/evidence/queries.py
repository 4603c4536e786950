"""Records behind reasons: for many customers at once, a bounded walk along an index for each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)

from scoring_svc.evidence.domain import MOST_NAMED, RECENT_DAYS, SLOW_DAYS, Found, Kind
from scoring_svc.facts import queries as facts
from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow, PromiseRow, SurveyRow
from shared.db import Prepared, Reader, ids, prepare

_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_C: Any = ContactRow.__table__  # type: ignore[attr-defined]
_P: Any = ComplaintRow.__table__  # type: ignore[attr-defined]
_V: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_W: Any = PromiseRow.__table__  # type: ignore[attr-defined]
_MOMENT = DateTime(timezone=True)
_NOW, _RECENT = bindparam("b_now", type_=_MOMENT), bindparam("b_recent", type_=_MOMENT)
_CURRENCY = bindparam("b_currency", type_=Text)
_SLOW = literal(timedelta(days=SLOW_DAYS))
_members = (
    func.unnest(ids("b_members"), ids("b_roots")).table_valued("id", "root", name="member").render_derived()
)


class _Source(NamedTuple):
    kind: Kind
    statement: Prepared


def _source(
    kind: Kind, key: Any, at: Any, *where: ColumnElement[bool], oldest: bool = False, most: int = MOST_NAMED
) -> _Source:
    """The newest (or oldest) records of each customer that fit, found along the index by customer and time.

    Of customers that were merged each is asked for by itself, so that the walk stays bounded.
    """
    table = key.table
    order = at.asc() if oldest else at.desc()
    few = (
        select(key.label("record"), at.label("at"))
        .where(table.c.customer_id == _members.c.id, at <= _NOW, *where)
        .order_by(order)
        .limit(most)
        .lateral("few")
    )
    return _Source(kind, prepare(select(_members.c.root, few.c.record, few.c.at).join(few, true())))


_sold = ~_O.c.voided & ~_O.c.is_return & (_O.c.currency == _CURRENCY)
_returned = ~_O.c.voided & _O.c.is_return & (_O.c.currency == _CURRENCY)
_open = or_(_P.c.resolved_at.is_(None), _P.c.resolved_at > _NOW)
_took = func.coalesce(_P.c.resolved_at, _NOW) - _P.c.opened_at
_kept = or_(_W.c.settled_at.is_(None), _W.c.settled_at > _NOW)
_SOURCES: Mapping[str, _Source] = {
    "last_orders": _source("order", _O.c.order_id, _O.c.ordered_at, _sold),
    "returns": _source("order", _O.c.order_id, _O.c.ordered_at, _returned),
    "open_complaints": _source(
        "complaint", _P.c.complaint_id, _P.c.opened_at, ~_P.c.merged, _open, oldest=True
    ),
    "slow_complaints": _source(
        "complaint", _P.c.complaint_id, _P.c.opened_at, ~_P.c.merged, _P.c.opened_at > _RECENT, _took > _SLOW
    ),
    "recent_complaints": _source(
        "complaint", _P.c.complaint_id, _P.c.opened_at, ~_P.c.merged, _P.c.opened_at > _RECENT
    ),
    "surveys": _source("survey", _V.c.response_id, _V.c.answered_at),
    "attempts": _source(
        "interaction",
        _C.c.interaction_id,
        _C.c.occurred_at,
        ~_C.c.withdrawn,
        _C.c.direction == "outbound",
        _C.c.occurred_at > _RECENT,
    ),
    "last_contact": _source(
        "interaction", _C.c.interaction_id, _C.c.occurred_at, ~_C.c.withdrawn, _C.c.direction != "outbound"
    ),
    "unkept_promises": _source("promise", _W.c.promise_id, _W.c.broken_at, _kept, oldest=True),
    "broken_promises": _source(
        "promise", _W.c.promise_id, _W.c.broken_at, _W.c.broken_at > _RECENT, oldest=True
    ),
}


async def records(
    reader: Reader, asked: Mapping[str, Sequence[UUID]], *, currency: str, now: datetime, keeping: bool
) -> list[Found]:
    """What there is for each source and the customers asked of it; if `keeping`, of those merged into them.

    None of the customers may be merged itself. A round trip for the families and one for each source.
    """
    everybody = sorted({customer for customers in asked.values() for customer in customers})
    if not everybody:
        return []
    keepers = await facts.keepers_of(reader, everybody) if keeping else {one: one for one in everybody}
    given = {"b_now": now, "b_recent": now - timedelta(days=RECENT_DAYS)}
    found = []
    for name, customers in asked.items():
        source, chosen = _SOURCES[name], set(customers)
        members = [(one, root) for one, root in keepers.items() if root in chosen]
        rows = await reader.rows(
            source.statement,
            b_members=[one for one, _ in members],
            b_roots=[root for _, root in members],
            **given,
            **({"b_currency": currency} if source.kind == "order" else {}),
        )
        found += [Found(name, row["root"], source.kind, row["record"], row["at"]) for row in rows]
    return found
