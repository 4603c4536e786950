"""The statement behind the report: one look at the complaints of the time and of that before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Double,
    Integer,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    null,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from interaction_svc.answering.tables import SurveyResponse
from interaction_svc.clocks.tables import SlaClock
from interaction_svc.complaint_causes.schemas import CausesQuery
from interaction_svc.complaints.queries import SIGHT
from interaction_svc.complaints.tables import Complaint
from interaction_svc.satisfaction.domain import LEAST, share
from shared.db import EVERYTHING, Reader, Record, Scope, visible
from shared.references import through_customer

_C: Any = Complaint.__table__  # type: ignore[attr-defined]
_F: Any = SlaClock.__table__  # type: ignore[attr-defined]
_R: Any = SurveyResponse.__table__  # type: ignore[attr-defined]
_BY: Mapping[str, Any] = {
    **{name: _C.c[name] for name in ("category", "severity", "channel", "tier", "cause", "product")},
    **{name: _C.c[f"{name}_id"] for name in ("distributor", "owner", "org_unit")},
}
_WRITTEN = frozenset({"cause", "product"})
"""What people write, in large or small letters."""
_SUMMED = (
    *("count", "count_before", "open", "reopened"),
    *("answer_met", "answer_breached", "met", "breached", "ratings", "total"),
)
_SHARES = literal([0.5, 0.9], ARRAY(Double))
_NONE = literal("", Text)
"""The name of the group of those that have none; no other group is called so."""


async def causes(reader: Reader, query: CausesQuery, now: datetime) -> dict[str, Any]:
    """What is in sight of the complaints that were received in the time, by group."""
    since, until = query.span(now)
    rows = await reader.rows(_statement(reader, query, (since, until), now))
    whole = next(row for row in rows if row["is_all"])
    parts = [row for row in rows if not row["is_all"]]
    others = [row for row in parts if row["place"] is None]
    return {
        "from": since,
        "to": until,
        "group_by": query.group_by,
        "all": _figures(whole, whole),
        "data": [
            {**_figures(row, whole), "group": row["name"] or None}
            for row in parts
            if row["place"] is not None
        ],
        "others": _figures(others[0], whole) if others else None,
    }


def _statement(reader: Reader, query: CausesQuery, span: tuple[datetime, datetime], now: datetime) -> Any:
    """All, then the groups by their places, then, without a place, what stands in none of them.

    Complaints are counted once, by what they have in common as it is spelled; all that follows looks at those
    counts alone. Medians cannot be had from counts: so each carries the times of its complaints along.
    """
    placed = _placed(_counted(reader, query, span, now), query)
    sums, times = _sums(placed).subquery("sums"), _times(placed).subquery("times")
    same = and_(sums.c.is_all == times.c.is_all, sums.c.place.is_not_distinct_from(times.c.place))
    return (
        select(sums, times.c.took)
        .select_from(sums.outerjoin(times, same))
        .order_by(sums.c.is_all.desc(), sums.c.place)
    )


def _counted(reader: Reader, query: CausesQuery, span: tuple[datetime, datetime], now: datetime) -> Any:
    """The complaints of the time by spelling, and below them how many there were in the time before."""
    since, until = span
    here, first, rated = (
        _received(reader, query, span),
        _first_answers(reader.scope, span),
        _rated(reader, since),
    )
    stood = func.coalesce(here.c.resolved_at, here.c.sla_paused_at, now)
    answered = func.coalesce(first.c.done_at, first.c.paused_at, now)
    # Not EXTRACT, which counts in numeric.
    took = func.date_part("epoch", here.c.resolved_at - here.c.opened_at, type_=Double)
    figures: dict[str, Any] = {
        "count": func.count(),
        "count_before": literal(0),
        "open": func.count().filter(here.c.resolved_at.is_(None)),
        "reopened": func.count().filter(here.c.reopened_count > 0),
        "answer_met": func.count().filter(first.c.done_at <= first.c.due_at),
        "answer_breached": func.count().filter(answered > first.c.due_at),
        "met": func.count().filter(here.c.resolved_at <= here.c.sla_due_at),
        "breached": func.count().filter(stood > here.c.sla_due_at),
        "ratings": func.sum(rated.c.ratings),
        "total": func.sum(rated.c.total),
    }
    times = func.array_agg(took, type_=ARRAY(Double)).filter(here.c.resolved_at.is_not(None))
    now_there = (
        select(
            here.c.spelled, *(figure.label(name) for name, figure in figures.items()), times.label("times")
        )
        .select_from(here.outerjoin(first, _of(here, first)).outerjoin(rated, _of(here, rated)))
        .group_by(here.c.spelled)
    )
    before = _received(reader, query, (since - (until - since), since), name="before")
    figures = {**dict.fromkeys(figures, literal(0)), "count_before": func.count()}
    there_before = select(
        before.c.spelled, *(figure.label(name) for name, figure in figures.items()), null().label("times")
    ).group_by(before.c.spelled)
    return union_all(now_there, there_before).subquery("counted")


def _of(here: Any, other: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = other.c.complaint_id == here.c.id
    return found


def _received(
    reader: Reader, query: CausesQuery, span: tuple[datetime, datetime], *, name: str = "here"
) -> Any:
    """The complaints in sight that were received in a time, each with its group as it is spelled."""
    wanted = {"distributor_id": query.distributor_id, "category": query.category}
    told = ("id", "opened_at", "resolved_at", "sla_due_at", "sla_paused_at", "reopened_count")
    found = (
        select(
            func.coalesce(func.btrim(cast(_BY[query.group_by], Text)), _NONE).label("spelled"),
            *(_C.c[each] for each in (told if name == "here" else ())),
        )
        .where(_C.c.opened_at >= span[0], _C.c.opened_at < span[1], _C.c.status != "merged")
        .where(*(_C.c[each] == value for each, value in wanted.items() if value is not None))
        .where(*visible(reader.scope, SIGHT))
    )
    if query.product is not None:
        product = literal(query.product, Text)
        found = found.where(func.lower(func.btrim(_C.c.product)) == func.lower(product))
    return _apart(found, name)


def _first_answers(scope: Scope, span: tuple[datetime, datetime]) -> Any:
    """The clocks of the first answers that were promised for complaints of the time.

    Who sees little is better off when those of each complaint are looked for.
    """
    found = (
        select(_F.c.complaint_id, _F.c.due_at, _F.c.done_at, _F.c.paused_at)
        # As text, not as an argument: a generic plan can use the partial index only if it sees the value.
        .where(text("sla_clock.metric = 'first_answer'"))
        .where(_F.c.started_at >= span[0], _F.c.started_at < span[1])
    )
    return _apart(found, "first") if scope == EVERYTHING else found.subquery("first")


def _rated(reader: Reader, since: datetime) -> Any:
    """What customers answered about each complaint since then, which is after it was received."""
    answers = _apart(
        select(_R.c.complaint_id, _R.c.ratings)
        .where(_R.c.answered_at >= since, _R.c.complaint_id.is_not(None))
        .where(*visible(reader.scope, through_customer(_R, _R.c.owner_id))),
        "answers",
    )
    known = func.jsonb_to_recordset(answers.c.ratings)
    each = known.table_valued(column("kind", Text), column("value", Integer), name="each")
    each = each.render_derived(with_types=True)
    return (
        select(answers.c.complaint_id, func.count().label("ratings"), func.sum(each.c.value).label("total"))
        .join(each, true())
        .where(each.c.kind == "rating")
        .group_by(answers.c.complaint_id)
        .subquery("rated")
    )


def _apart(found: Any, name: str) -> Any:
    """Rows that are read first, and then worked on.

    Row security lets PostgreSQL believe that reading is so dear that it does not matter how it goes on:
    it would sort where it could hash.
    """
    return found.cte(name).prefix_with("MATERIALIZED")


def _placed(counted: Any, query: CausesQuery) -> Any:
    """Each spelling with the place of its group, none beyond the last one and without a complaint now."""
    spelled = counted.c.spelled
    grouped = func.lower(spelled) if query.group_by in _WRITTEN else spelled
    whole = func.sum(counted.c.count).over(partition_by=grouped).label("whole")
    known = select(counted, grouped.label("grouped"), whole).subquery("known")
    place = func.dense_rank().over(order_by=(known.c.whole.desc(), known.c.grouped))
    ranked = select(known, place.label("rank")).subquery("ranked")
    told = and_(ranked.c.whole > 0, ranked.c.rank <= query.most)
    return select(ranked, case((told, ranked.c.rank)).label("place")).cte("placed")


def _sums(placed: Any) -> Any:
    """The figures of each place; of a text the spelling that most have now."""
    spellings = aggregate_order_by(placed.c.spelled, placed.c.count.desc(), placed.c.spelled)
    return select(
        placed.c.place,
        _is_all(placed),
        func.array_agg(spellings, type_=ARRAY(Text))[1].label("name"),
        *(cast(func.coalesce(func.sum(placed.c[name]), 0), Integer).label(name) for name in _SUMMED),
    ).group_by(_groups(placed))


def _times(placed: Any) -> Any:
    """Median and ninth decile of each place, by one sort."""
    each = func.unnest(placed.c.times, type_=Double).column_valued("took")
    took = func.percentile_cont(_SHARES, type_=ARRAY(Double)).within_group(each)
    return select(placed.c.place, _is_all(placed), took.label("took")).group_by(_groups(placed))


def _groups(placed: Any) -> Any:
    return func.grouping_sets(tuple_(placed.c.place), tuple_())


def _is_all(placed: Any) -> Any:
    return func.grouping(placed.c.place).label("is_all")


def _figures(row: Record, whole: Record) -> dict[str, Any]:
    count, before, ratings = row["count"], row["count_before"], row["ratings"]
    median, p90 = row["took"] or (None, None)
    return {
        **{name: row[name] for name in ("count", "count_before", "open", "reopened", "ratings")},
        "share": share(count, whole["count"]),
        "change": share(count - before, before),
        "first_answers": _targets(row["answer_met"], row["answer_breached"]),
        "resolutions": _targets(row["met"], row["breached"]),
        "median_seconds": median,
        "p90_seconds": p90,
        "mean_rating": row["total"] / ratings if ratings >= LEAST else None,
    }


def _targets(met: int, breached: int) -> dict[str, Any]:
    return {"met": met, "breached": breached, "share_met": share(met, met + breached)}
