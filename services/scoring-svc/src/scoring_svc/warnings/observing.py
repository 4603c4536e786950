"""What customers did after they were warned of, whatever was said of it: ordered, or stayed silent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, bindparam, func, or_, select, update

from scoring_svc.facts import queries as facts
from scoring_svc.facts.tables import OrderRow
from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Database, Reader, Record, Tx, prepare

OBSERVE = "warnings.observe"
_T: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_O: Any = OrderRow.__table__  # type: ignore[attr-defined]
_MOMENT = DateTime(timezone=True)
_CHUNK = 500
_LATE = timedelta(weeks=4)
"""For so long a silence is looked at again: an order may be told of late."""
_TODAY = timedelta(days=1)
_FIRST = UUID(int=0)
_given = (
    func.unnest(
        bindparam("b_members", type_=ARRAY(Uuid)),
        bindparam("b_warnings", type_=ARRAY(Uuid)),
        bindparam("b_from", type_=ARRAY(_MOMENT)),
        bindparam("b_until", type_=ARRAY(_MOMENT)),
    )
    .table_valued("member", "warning", "from_at", "until_at", name="given")
    .render_derived()
)
_ORDERS = prepare(
    select(_given.c.warning, func.min(_O.c.ordered_at).label("at"))
    .join(_O, _O.c.customer_id == _given.c.member)
    .where(
        ~_O.c.voided,
        ~_O.c.is_return,
        _O.c.ordered_at > _given.c.from_at,
        _O.c.ordered_at <= _given.c.until_at,
    )
    .group_by(_given.c.warning)
)
_results = (
    func.unnest(
        bindparam("b_ids", type_=ARRAY(Uuid)),
        bindparam("b_seen", type_=ARRAY(Text)),
        bindparam("b_at", type_=ARRAY(_MOMENT)),
    )
    .table_valued("id", "seen", "at", name="result")
    .render_derived()
)
_KEEP = prepare(
    update(_T).where(_T.c.id == _results.c.id).values(seen=_results.c.seen, seen_at=_results.c.at)
)
_UNDECIDED = prepare(
    select(_T.c.id, _T.c.customer_id, _T.c.opened_at, _T.c.horizon_weeks)
    .where(
        or_(
            _T.c.seen.is_(None), (_T.c.seen == "silent") & (_T.c.seen_at > bindparam("b_late", type_=_MOMENT))
        ),
        or_(_T.c.outcome.is_(None), _T.c.outcome != "merged"),
        _T.c.id > bindparam("b_after", type_=Uuid),
    )
    .order_by(_T.c.id)
    .limit(bindparam("b_most", type_=Integer))
)


async def ordered_since(reader: Reader, warnings: Sequence[Record], now: datetime) -> Mapping[UUID, datetime]:
    """Of these warnings those whose customer ordered within the horizon after it, and when first.

    A customer's orders are also those of the customers that were merged into it. Orders of today count, as
    they do in a score, though they be later than `now`: a transaction reads what came after its beginning.
    """
    if not warnings:
        return {}
    keepers = await facts.keepers_of(reader, sorted({each["customer_id"] for each in warnings}))
    members: dict[UUID, list[UUID]] = {}
    for one, root in keepers.items():
        members.setdefault(root, []).append(one)
    asked = [(one, each) for each in warnings for one in members[each["customer_id"]]]
    rows = await reader.rows(
        _ORDERS,
        b_members=[one for one, _ in asked],
        b_warnings=[each["id"] for _, each in asked],
        b_from=[each["opened_at"] for _, each in asked],
        b_until=[min(_end(each), now + _TODAY) for _, each in asked],
    )
    return {row["warning"]: row["at"] for row in rows}


async def observe_all(database: Database) -> None:
    """Write down for every warning what its customer did, as far as it is over; repeating it does no harm."""
    after, more = _FIRST, True
    while more:
        async with database.begin() as tx:
            given = {"b_late": tx.now - _LATE, "b_after": after, "b_most": _CHUNK}
            warnings = await tx.rows(_UNDECIDED, **given)
            await _observe(tx, warnings)
        more = len(warnings) == _CHUNK
        after = warnings[-1]["id"] if warnings else after


async def _observe(tx: Tx, warnings: Sequence[Record]) -> None:
    ordered = await ordered_since(tx, warnings, tx.now)
    results = [(each["id"], "ordered", ordered[each["id"]]) for each in warnings if each["id"] in ordered]
    results += [
        (each["id"], "silent", _end(each))
        for each in warnings
        if each["id"] not in ordered and _end(each) <= tx.now
    ]
    if results:
        ids, seen, at = (list(column) for column in zip(*results, strict=True))
        await tx.run(_KEEP, b_ids=ids, b_seen=seen, b_at=at)


def _end(warning: Record) -> datetime:
    end: datetime = warning["opened_at"] + timedelta(weeks=warning["horizon_weeks"])
    return end
