"""What became of visits, counted in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, case, cast, func, select

from interaction_svc.visits.queries import SIGHT
from interaction_svc.visits.tables import Visit
from shared.db import Reader, visible

_T: Any = Visit.__table__  # type: ignore[attr-defined]


def _those(condition: Any) -> Any:
    return cast(func.count(case((condition, 1))), Integer)


_BY_PERSON = (
    select(
        _T.c.assignee_id,
        _those(_T.c.status != "cancelled").label("planned"),
        _those(_T.c.status == "done").label("done"),
        _those((_T.c.status == "done") & _T.c.missed_at.is_(None)).label("on_time"),
        _those(_T.c.status == "missed").label("missed"),
        _those(_T.c.status == "cancelled").label("cancelled"),
        _those(_T.c.status == "planned").label("open"),
    )
    .group_by(_T.c.assignee_id)
    .order_by(_T.c.assignee_id)
)


async def by_person(
    reader: Reader, start: datetime, end: datetime, assignee_id: UUID | None
) -> list[dict[str, Any]]:
    """The visits in sight that start in [start, end), counted for each assignee."""
    statement = _BY_PERSON.where(_T.c.starts_at >= start, _T.c.starts_at < end)
    if assignee_id is not None:
        statement = statement.where(_T.c.assignee_id == assignee_id)
    rows = await reader.rows(statement.where(*visible(reader.scope, SIGHT)))
    return [{**row, "done_share": _share(row["done"], row["done"] + row["missed"])} for row in rows]


def _share(done: int, due: int) -> float | None:
    return round(done / due, 4) if due else None
