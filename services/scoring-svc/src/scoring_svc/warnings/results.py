"""What came of warnings: said by people and seen of customers, counted; and as labels for models."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Text, and_, bindparam, case, func, literal, or_, select

from scoring_svc.warnings.intervals import wilson
from scoring_svc.warnings.queries import SIGHT
from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Reader, Record, prepare, visible

_T: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_people = _T.c.outcome_by.is_not(None)
SAID = case(
    (or_(_T.c.outcome == "won_back", _T.c.outcome == "retained"), "won_back"),
    (_T.c.outcome == "lost", "lost"),
    (or_(_T.c.outcome == "false_alarm", and_(_T.c.outcome == "not_at_risk", _people)), "false_alarm"),
    else_=None,
)
"""`domain.result_of`, as far as people said it."""
_said = case((_people, SAID), else_=None)
_verdict = func.coalesce(_said, case((_T.c.seen == "ordered", "won_back"), (_T.c.seen == "silent", "lost")))
_RELEVANT = or_(_T.c.outcome.is_(None), _T.c.outcome != "merged")
_LABELS = prepare(
    select(
        _T.c.id,
        _T.c.customer_id,
        _T.c.opened_at,
        _T.c.probability,
        _T.c.level,
        _T.c.horizon_weeks,
        _T.c.leading_reason,
        _T.c.action,
        _said.label("said"),
        _T.c.seen,
    )
    .where(_RELEVANT, _T.c.opened_at >= bindparam("b_since", type_=DateTime(timezone=True)))
    .order_by(_T.c.opened_at, _T.c.id)
)
_month = func.to_char(func.timezone("UTC", _T.c.opened_at), "YYYY-MM")
_BY: dict[str, Any] = {
    "by_reason": _T.c.leading_reason,
    "by_level": _T.c.level,
    "by_month": _month,
    "by_action": _T.c.action,
}


async def labels(reader: Reader, since: datetime) -> list[Record]:
    """Warnings opened since then as labels.

    `said` is what people said (won_back, lost, false_alarm or None), `seen` what their customers did within
    the horizon (ordered, silent or None while it is not over).
    """
    return await reader.rows(_LABELS, b_since=since)


async def results(reader: Reader, *, since: datetime, until: datetime) -> dict[str, Any]:
    """Warnings in sight opened from `since` to before `until`: all, and by what they have in common."""
    period = (_T.c.opened_at >= since, _T.c.opened_at < until)
    total = await _counted(reader, literal(None, Text), period)
    found: dict[str, Any] = {"total": total[0] if total else _group(None, dict.fromkeys(_COUNTS, 0))}
    for name, column in _BY.items():
        found[name] = await _counted(reader, column, period)
    return {"since": since, "until": until, **found}


def _of(condition: ColumnElement[bool]) -> Any:
    return func.count().filter(condition)


_COUNTS: dict[str, Any] = {
    "warnings": func.count(),
    "live": _of(_T.c.status != "closed"),
    "said_won_back": _of(_said == "won_back"),
    "said_lost": _of(_said == "lost"),
    "said_false_alarm": _of(_said == "false_alarm"),
    "seen_ordered": _of(_T.c.seen == "ordered"),
    "seen_silent": _of(_T.c.seen == "silent"),
    "won_back": _of(_verdict == "won_back"),
    "lost": _of(_verdict == "lost"),
}


async def _counted(
    reader: Reader, column: Any, period: Sequence[ColumnElement[bool]]
) -> list[dict[str, Any]]:
    statement = (
        select(column.label("key"), *(count.label(name) for name, count in _COUNTS.items()))
        .where(_RELEVANT, *period, *visible(reader.scope, SIGHT))
        .group_by(column)
        .order_by(func.count().desc(), column)
        .limit(200)
    )
    return [_group(row["key"], {name: row[name] for name in _COUNTS}) for row in await reader.rows(statement)]


def _group(key: str | None, count: dict[str, int]) -> dict[str, Any]:
    said = {name: count[f"said_{name}"] for name in ("won_back", "lost", "false_alarm")}
    ordered, silent = count["seen_ordered"], count["seen_silent"]
    confirmed = said["won_back"] + said["lost"]
    return {
        "key": key,
        "warnings": count["warnings"],
        "live": count["live"],
        "said": {**said, "nothing": count["warnings"] - sum(said.values())},
        "seen": {"ordered": ordered, "silent": silent, "pending": count["warnings"] - ordered - silent},
        "precision": share(silent, ordered + silent),
        "confirmed": share(confirmed, confirmed + said["false_alarm"]),
        "won_back": share(count["won_back"], count["won_back"] + count["lost"]),
    }


def share(hits: int, total: int) -> dict[str, Any]:
    """A share with its interval; unknown of nothing."""
    interval = wilson(hits, total)
    low, high = interval or (None, None)
    return {"count": hits, "of": total, "share": hits / total if total else None, "low": low, "high": high}
