"""Runs and their customers read."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import exists, func, select, true, union

from scoring_svc.facts import due
from scoring_svc.facts.tables import ComplaintRow, ContactRow, Due, OrderRow, PromiseRow, SurveyRow
from scoring_svc.models.queries import SPEAKING, Champion, Shelf
from scoring_svc.runs.tables import ScoringRun
from shared.db import Reader, prepare
from shared.http import Listing
from shared.references.tables import CustomerReference

_T: Any = ScoringRun.__table__  # type: ignore[attr-defined]
_D: Any = Due.__table__  # type: ignore[attr-defined]
_FACTS: tuple[Any, ...] = (OrderRow, ContactRow, ComplaintRow, SurveyRow, PromiseRow)
_R: Any = CustomerReference.__table__  # type: ignore[attr-defined]
_known = union(
    select(_R.c.id.label("id")), *(select(fact.__table__.c.customer_id) for fact in _FACTS)
).subquery()
_merged = exists(select(_R.c.id).where(_R.c.id == _known.c.id, _R.c.merged_into.is_not(None)))
_EVERYBODY = prepare(select(_known.c.id).where(~_merged).order_by(_known.c.id))
_LAST_DUE = prepare(select(func.max(_D.c.due_at)))
_CUSTOMER_COUNT = prepare(select(func.count()).select_from(_R).where(_R.c.merged_into.is_(None)))
RUNS = Listing(
    select(_T), key=_T.c.id, sorts={"started_at": _T.c.started_at}, default="-started_at", filters={}
)
_taken = due.TAKING.where(exists(SPEAKING)).cte("taken")
_speaking = SPEAKING.subquery("speaking")
_NEXT = prepare(select(_speaking.c.id, _taken.c.customer_id).select_from(_speaking.outerjoin(_taken, true())))


class Next(NamedTuple):
    """Customers to be scored now, and the model that speaks."""

    champion: Champion
    taken: due.Taken


async def next_due(reader: Reader, shelf: Shelf, most: int, *, now: datetime) -> Next | None:
    """Up to `most` customers whose time has come, taken; None, and nobody is, before the first model.

    One statement, a transaction by itself.
    """
    until = now + due.LEASE
    rows = await reader.rows(_NEXT, b_now=now, b_most=most, b_until=until)
    if not rows:
        return None
    champion = await shelf.one(reader, rows[0]["id"])
    customers = [row["customer_id"] for row in rows if row["customer_id"] is not None]
    return Next(champion, due.Taken(customers, until))


async def everybody(reader: Reader) -> list[UUID]:
    """Every customer known here, with or without facts, but those merged into others."""
    return [row["id"] for row in await reader.rows(_EVERYBODY)]


async def last_due(reader: Reader) -> datetime | None:
    """When the last waiting customer is due; None when nobody waits."""
    moment: datetime | None = await reader.value(_LAST_DUE)
    return moment


async def customer_count(reader: Reader) -> int:
    """How many customers there are that events told of."""
    return int(await reader.value(_CUSTOMER_COUNT))
