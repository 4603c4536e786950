"""The statements behind satisfaction: one for the indicators, three for the problems."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Text,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from interaction_svc.answering.tables import SurveyRating, SurveyResponse
from interaction_svc.complaints.tables import Complaint
from interaction_svc.invitations.tables import SurveyInvitation
from interaction_svc.satisfaction import domain, words
from interaction_svc.satisfaction.schemas import ProblemsQuery, SatisfactionQuery
from shared.db import Reader, Record, visible
from shared.references import through_customer

_N: Any = SurveyRating.__table__  # type: ignore[attr-defined]
_R: Any = SurveyResponse.__table__  # type: ignore[attr-defined]
_I: Any = SurveyInvitation.__table__  # type: ignore[attr-defined]
_C: Any = Complaint.__table__  # type: ignore[attr-defined]
_MOST_GROUPS = 1200
"""Three years day by day; of other groups those with the most ratings."""
_MOST_TEXTS = 5000
"""Of each report: the newest free answers of its time."""
_GROUPED_BY = {"distributor": "distributor_id", "owner": "owner_id", "survey": "survey_id"}
_FILTERS = ("survey_id", "tier", "channel", "distributor_id", "owner_id")
_SATISFIED, _PROMOTER, _DETRACTOR = 4, 9, 6


def _day(at: Any, query: Any) -> Any:
    """The first day of the period in which a moment lies."""
    local = func.timezone(literal(query.timezone, Text), at)
    return cast(func.date_trunc(literal_column(f"'{query.period}'"), local), Date)


def _group(table: Any, at: Any, query: SatisfactionQuery) -> Any:
    if query.group_by == "period":
        return cast(_day(at, query), Text).label("grouped")
    return cast(table.c[_GROUPED_BY.get(query.group_by, query.group_by)], Text).label("grouped")


def _within(
    reader: Reader, table: Any, at: Any, span: tuple[datetime, datetime], query: SatisfactionQuery
) -> list[ColumnElement[bool]]:
    wanted = {name: getattr(query, name) for name in _FILTERS}
    return [
        at >= span[0],
        at < span[1],
        *(table.c[name] == value for name, value in wanted.items() if value is not None),
        *visible(reader.scope, through_customer(table, table.c.owner_id)),
    ]


def _statement(reader: Reader, query: SatisfactionQuery, span: tuple[datetime, datetime]) -> Any:
    """Invitations, responses and ratings of the time, each counted by group, side by side."""
    invited = (
        select(
            _group(_I, _I.c.created_at, query),
            func.count().label("invited"),
            func.count(_I.c.answered_at).label("followed"),
        )
        .where(*_within(reader, _I, _I.c.created_at, span, query))
        .group_by(literal_column("1"))
        .cte("invited")
    )
    answered = (
        select(_group(_R, _R.c.answered_at, query), func.count().label("answered"))
        .where(*_within(reader, _R, _R.c.answered_at, span, query))
        .group_by(literal_column("1"))
        .cte("answered")
    )
    rated = _rated(reader, query, span)
    same = _same(invited.c.grouped, answered.c.grouped)
    both = invited.join(answered, same, full=True)
    grouped = func.coalesce(invited.c.grouped, answered.c.grouped)
    every = both.join(rated, _same(grouped, rated.c.grouped), full=True)
    name = func.coalesce(grouped, rated.c.grouped).label("grouped")
    counted = [column for part in (invited, answered, rated) for column in part.c if column.key != "grouped"]
    order = [name] if query.group_by == "period" else [_zero(rated.c.ratings).desc(), name]
    chosen = select(name, *(_zero(column).label(column.key) for column in counted)).select_from(every)
    return chosen.order_by(*order).limit(_MOST_GROUPS)


def _rated(reader: Reader, query: SatisfactionQuery, span: tuple[datetime, datetime]) -> Any:
    where = _within(reader, _N, _N.c.answered_at, span, query)
    if query.indicator is not None:
        where.append(_N.c.indicator == query.indicator)
    rating, nps = _N.c.kind == "rating", _N.c.kind == "nps"

    def count(*conditions: ColumnElement[bool]) -> Any:
        return func.count().filter(*conditions)

    return (
        select(
            _group(_N, _N.c.answered_at, query),
            count(rating).label("ratings"),
            count(rating, _N.c.value >= _SATISFIED).label("satisfied"),
            func.coalesce(func.sum(_N.c.value).filter(rating), 0).label("total"),
            count(nps).label("asked"),
            count(nps, _N.c.value >= _PROMOTER).label("promoters"),
            count(nps, _N.c.value <= _DETRACTOR).label("detractors"),
        )
        .where(*where)
        .group_by(literal_column("1"))
        .cte("rated")
    )


def _same(one: Any, other: Any) -> Any:
    # Not IS NOT DISTINCT FROM, by which PostgreSQL makes no full join; no name of a group has this letter.
    none: Any = literal_column("''")
    return func.coalesce(one, none) == func.coalesce(other, none)


def _zero(column: Any) -> Any:
    return func.coalesce(column, 0)


async def satisfaction(reader: Reader, query: SatisfactionQuery, now: datetime) -> dict[str, Any]:
    """The indicators of the groups that are in sight."""
    span = query.span(now)
    rows = await reader.rows(_statement(reader, query, span))
    data = [_figures(row) for row in rows]
    return {"since": span[0], "until": span[1], "group_by": query.group_by, "data": data}


def _figures(row: Record) -> dict[str, Any]:
    ratings, satisfied = row["ratings"], row["satisfied"]
    enough = ratings >= domain.LEAST
    mean = row["total"] / ratings if enough else None
    return {
        "group": row["grouped"],
        "invited": row["invited"],
        "answered": row["answered"],
        "response_rate": domain.share(row["followed"], row["invited"]),
        "ratings": ratings,
        "too_little": not enough,
        "csat": domain.share(satisfied, ratings) if enough else None,
        "csat_interval": domain.wilson(satisfied, ratings) if enough else None,
        "mean": mean,
        "index": None if mean is None else domain.index(mean),
        "nps": _nps(row["promoters"], row["detractors"], row["asked"]),
    }


def _nps(promoters: int, detractors: int, n: int) -> dict[str, Any]:
    enough = n >= domain.LEAST
    return {
        "answers": n,
        "too_little": not enough,
        "promoters": promoters,
        "passives": n - promoters - detractors,
        "detractors": detractors,
        "score": domain.nps(promoters, detractors, n) if enough else None,
        "interval": domain.nps_interval(promoters, detractors, n) if enough else None,
    }


async def problems(reader: Reader, query: ProblemsQuery, now: datetime) -> dict[str, Any]:
    """What complaints in sight are about and why, and what customers write, by period."""
    span = query.span(now)
    cause = func.lower(func.btrim(_C.c.cause))
    found: dict[date, dict[str, Any]] = {}
    parts = {
        "categories": await _counted(reader, query, span, _C.c.category),
        "causes": await _counted(reader, query, span, cause),
        "words": await _written(reader, query, span),
    }
    for kind, by_period in parts.items():
        for period, counted in by_period.items():
            empty: dict[str, Any] = {"period": period, **{name: [] for name in parts}}
            found.setdefault(period, empty)[kind] = counted
    return {"since": span[0], "until": span[1], "data": [found[period] for period in sorted(found)]}


_Counts = Mapping[date, list[dict[str, Any]]]


async def _counted(
    reader: Reader, query: ProblemsQuery, span: tuple[datetime, datetime], what: Any
) -> _Counts:
    """How many complaints that were opened in the time have this in common, the most first.

    A duplicate that was merged is the same complaint said twice.
    """
    sight = through_customer(_C, _C.c.owner_id)
    period = _day(_C.c.opened_at, query).label("period")
    counted = (
        select(period, what.label("what"), func.count().label("count"))
        .where(_C.c.opened_at >= span[0], _C.c.opened_at < span[1], _C.c.status != "merged")
        .where(what.is_not(None), what != "")
        .where(*visible(reader.scope, sight))
        .group_by(literal_column("1"), literal_column("2"))
        .subquery("counted")
    )
    place = func.row_number().over(
        partition_by=counted.c.period, order_by=(counted.c.count.desc(), counted.c.what)
    )
    ranked = select(counted, place.label("place")).subquery("ranked")
    rows = await reader.rows(
        select(ranked).where(ranked.c.place <= query.most).order_by(ranked.c.period, ranked.c.place)
    )
    return _by_period(rows, lambda some: [{"what": row["what"], "count": row["count"]} for row in some])


async def _written(reader: Reader, query: ProblemsQuery, span: tuple[datetime, datetime]) -> _Counts:
    """The words of free answers of the time, of the newest if there are very many."""
    period = _day(_R.c.answered_at, query).label("period")
    newest = (
        select(period, _R.c.remarks)
        .where(_R.c.answered_at >= span[0], _R.c.answered_at < span[1], _R.c.remarks.is_not(None))
        .where(*visible(reader.scope, through_customer(_R, _R.c.owner_id)))
        .order_by(_R.c.answered_at.desc(), _R.c.id.desc())
        .limit(_MOST_TEXTS)
    )
    rows = await reader.rows(newest)

    def counted(some: list[Any]) -> list[dict[str, Any]]:
        used = words.most_used((row["remarks"] for row in some), query.most)
        return [{"what": word, "count": count} for word, count in used]

    return _by_period(sorted(rows, key=lambda row: row["period"]), counted)


def _by_period(rows: Any, counted: Callable[[list[Any]], list[dict[str, Any]]]) -> _Counts:
    groups = groupby(rows, key=lambda row: row["period"])
    return {period: counted(list(some)) for period, some in groups}
