"""The report: how long the steps of services wait and take, and how customers rate them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Double, Integer, case, cast, func, literal, select

from interaction_svc.processes.queries import named
from interaction_svc.service_records.queries import SIGHT
from interaction_svc.service_records.tables import ServiceRecord, ServiceStep
from shared.db import Reader, Record, visible

_T: Any = ServiceRecord.__table__  # type: ignore[attr-defined]
_S: Any = ServiceStep.__table__  # type: ignore[attr-defined]
_TIMES = ("waiting_seconds", "waiting_working_seconds", "handling_seconds", "handling_working_seconds")
_SHARES = literal([0.5, 0.9], ARRAY(Double))
_done = _S.c.status == "done"


def _spread(name: str) -> Any:
    """Median and ninth decile by one sort; null when there is no value."""
    return func.percentile_cont(_SHARES, type_=ARRAY(Double)).within_group(_S.c[name]).label(name)


_in_time = cast(case((_S.c.finished_at <= _S.c.due_at, 1), else_=0), Integer)
_BY_STEP = (
    select(
        _T.c.process_id,
        _S.c.code,
        func.min(_S.c.position).label("position"),
        func.count(_S.c.ready_at).label("runs"),
        func.count().filter(_done).label("completed"),
        func.count().filter(_S.c.status == "skipped").label("skipped"),
        *(_spread(name) for name in _TIMES),
        cast(func.avg(_in_time).filter(_done), Double).label("share_in_time"),
    )
    .join(_S, _S.c.record_id == _T.c.id)
    .group_by(_T.c.process_id, _S.c.code)
    .order_by(_T.c.process_id, func.min(_S.c.position), _S.c.code)
)
_BY_PROCESS = (
    select(
        _T.c.process_id,
        func.count().label("records"),
        *(
            func.count().filter(_T.c.status == status).label(status)
            for status in ("running", "done", "cancelled")
        ),
        func.count(_T.c.rating).label("ratings"),
        cast(func.avg(_T.c.rating), Double).label("mean_rating"),
    )
    .group_by(_T.c.process_id)
    .order_by(_T.c.process_id.asc().nulls_last())
)


async def summary(
    reader: Reader, *, since: datetime, until: datetime, process_id: UUID | None
) -> list[dict[str, Any]]:
    """What is in sight of the services that started in this time, by process; last those without one."""
    where: list[ColumnElement[bool]] = [_T.c.started_at >= since, _T.c.started_at < until]
    if process_id is not None:
        where.append(_T.c.process_id == process_id)
    where += visible(reader.scope, SIGHT)
    rows = await reader.rows(_BY_PROCESS.where(*where))
    steps: Mapping[UUID, list[dict[str, Any]]] = defaultdict(list)
    for step in await reader.rows(_BY_STEP.where(*where)):
        steps[step["process_id"]].append(_step(step))
    names = await named(reader, {row["process_id"] for row in rows if row["process_id"] is not None})
    return [{**row, "name": _name(names, row), "steps": steps.get(row["process_id"], [])} for row in rows]


def _name(names: Mapping[UUID, Record], row: Record) -> Any:
    found = names.get(row["process_id"])
    return None if found is None else found["name"]


def _step(row: Record) -> dict[str, Any]:
    waiting, waiting_working, handling, handling_working = (row[name] or (None, None) for name in _TIMES)
    return {
        **{name: row[name] for name in ("code", "runs", "completed", "skipped", "share_in_time")},
        "waiting": _times(waiting, waiting_working),
        "handling": _times(handling, handling_working),
    }


def _times(wall: Any, working: Any) -> dict[str, Any]:
    (median, p90), (median_working, p90_working) = wall, working
    return {
        "median_seconds": median,
        "p90_seconds": p90,
        "median_working_seconds": median_working,
        "p90_working_seconds": p90_working,
    }
