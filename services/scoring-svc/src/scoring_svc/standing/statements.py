"""The statements behind the spread of customers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    and_,
    case,
    column,
    func,
    lateral,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from scoring_svc.bases import queries as bases
from scoring_svc.bases.schemas import CustomerFilter
from scoring_svc.facts.tables import SurveyRow
from scoring_svc.scores.tables import Score, ScoreHistory
from scoring_svc.standing.domain import BANDS
from scoring_svc.warnings.tables import ChurnWarning
from shared.db import Reader

Span = tuple[datetime, datetime]
FOLLOWED = timedelta(weeks=13)
_S: Any = Score.__table__  # type: ignore[attr-defined]
_H: Any = ScoreHistory.__table__  # type: ignore[attr-defined]
_W: Any = ChurnWarning.__table__  # type: ignore[attr-defined]
_V: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_MOST_REASONS = 50


def _unmerged(reader: Reader, query: CustomerFilter) -> Any:
    """The customers that are not merged into others, which have scores of their own."""
    base = bases.customers(reader, query, all_of_them=True)
    return select(base.c.id).where(base.c.id == base.c.keeper).cte("unmerged")


def spread(reader: Reader, query: CustomerFilter) -> Any:
    """Customers and their value by tier, stage, level and currency, as they stand now."""
    there = _unmerged(reader, query)
    groups = (_S.c.tier, _S.c.lifecycle_stage, _S.c.churn_level, _S.c.currency)
    return (
        select(
            *groups,
            func.count().label("customers"),
            func.sum(_S.c.expected_value_minor).label("expected"),
            func.sum(_S.c.contributed_52_minor).label("contributed"),
            func.sum(_S.c.churn_probability).label("probability"),
            func.sum(_S.c.churn_probability * func.greatest(_S.c.contributed_52_minor, 0)).label("loss"),
        )
        .join(there, there.c.id == _S.c.customer_id)
        .group_by(*groups)
        .order_by(*groups)
    )


def _held(reader: Reader, query: CustomerFilter, until: datetime) -> Any:
    """From when to when each customer's tier and value were these."""
    there = _unmerged(reader, query)
    after = func.lead(_H.c.scored_at).over(partition_by=_H.c.customer_id, order_by=(_H.c.scored_at, _H.c.id))
    return (
        select(
            _H.c.customer_id,
            _H.c.tier,
            _H.c.expected_value_minor,
            _H.c.currency,
            _H.c.scored_at.label("begun"),
            after.label("ended"),
        )
        .join(there, there.c.id == _H.c.customer_id)
        .where(_H.c.scored_at <= until)
        .cte("held")
    )


def over_time(reader: Reader, query: CustomerFilter, points: Sequence[datetime], currency: str) -> Any:
    """Customers and value by tier at each of these moments."""
    held = _held(reader, query, points[-1])
    at = (
        func.unnest(literal(list(points), ARRAY(DateTime(timezone=True))))
        .table_valued("at")
        .render_derived("point")
    )
    return (
        select(at.c.at, held.c.tier, func.count().label("customers"), _value(held, currency))
        .select_from(at.join(held, _holds(held, at.c.at)))
        .group_by(at.c.at, held.c.tier)
        .order_by(at.c.at, held.c.tier)
    )


def migration(reader: Reader, query: CustomerFilter, span: Span, currency: str) -> Any:
    """Customers by the tier at the beginning and at the end, and their value at the end."""
    held = _held(reader, query, span[1])
    then, now = (_holds(held, literal(moment, DateTime(timezone=True))) for moment in span)
    each = (
        select(
            func.max(held.c.tier).filter(then).label("before"),
            func.max(held.c.tier).filter(now).label("after"),
            func.max(held.c.expected_value_minor)
            .filter(now, held.c.currency == currency)
            .label("expected_value_minor"),
        )
        .group_by(held.c.customer_id)
        .subquery("each")
    )
    c = each.c
    return (
        select(
            c.before,
            c.after,
            func.count().label("customers"),
            func.coalesce(func.sum(c.expected_value_minor), 0).label("expected"),
        )
        .where(or_(c.before.is_not(None), c.after.is_not(None)))
        .group_by(c.before, c.after)
        .order_by(c.before, c.after)
    )


def _holds(held: Any, at: Any) -> Any:
    return and_(held.c.begun <= at, or_(held.c.ended.is_(None), held.c.ended > at))


def _value(held: Any, currency: str) -> Any:
    total = func.sum(held.c.expected_value_minor).filter(held.c.currency == currency)
    return func.coalesce(total, 0).label("expected")


def warnings(reader: Reader, query: CustomerFilter, span: Span) -> Any:
    """How many warnings are open or acknowledged, and by outcome how many were closed in the time."""
    there = _unmerged(reader, query)
    closed = and_(_W.c.closed_at >= span[0], _W.c.closed_at < span[1])
    return (
        select(_W.c.status, _W.c.outcome, func.count().label("warnings"))
        .join(there, there.c.id == _W.c.customer_id)
        .where(or_(_W.c.status != "closed", closed))
        .group_by(_W.c.status, _W.c.outcome)
        .order_by(func.count().desc(), _W.c.outcome)
    )


def reasons(reader: Reader, query: CustomerFilter, currency: str) -> Any:
    """The reasons of warnings that are not closed."""
    there = _unmerged(reader, query)
    given = func.jsonb_to_recordset(_W.c.reasons).table_valued(column("code", Text), name="given")
    given = given.render_derived(with_types=True)
    stake = func.sum(_W.c.contributed_52_minor).filter(_W.c.currency == currency)
    return (
        select(given.c.code, func.count().label("warnings"), func.coalesce(stake, 0).label("contributed"))
        .select_from(_W.join(there, there.c.id == _W.c.customer_id).join(given, true()))
        .where(_W.c.status != "closed")
        .group_by(given.c.code)
        .order_by(func.count().desc(), given.c.code)
        .limit(_MOST_REASONS)
    )


def satisfaction(reader: Reader, query: CustomerFilter, span: Span, currency: str, now: datetime) -> Any:
    """By how satisfied customers said to be: what they ordered in the 13 weeks before and after.

    Only answers after which 13 weeks have passed.
    """
    o = bases.O
    base = bases.customers(reader, query, all_of_them=True).table
    answers = (
        select(base.c.keeper.label("customer"), _V.c.answered_at, _band(_V.c.score).label("band"))
        .join_from(_V, base, base.c.id == _V.c.customer_id)
        .where(
            _V.c.answered_at >= span[0],
            _V.c.answered_at < span[1],
            _V.c.answered_at <= now - FOLLOWED,
        )
        .cte("answers")
    )
    week13: Any = literal_column("interval '13 weeks'")
    after, before = o.c.ordered_at > answers.c.answered_at, o.c.ordered_at <= answers.c.answered_at
    bought = (
        select(
            func.count().filter(after, ~o.c.is_return).label("orders"),
            func.coalesce(func.sum(bases.signed(o.c)).filter(after), 0).label("after"),
            func.coalesce(func.sum(bases.signed(o.c)).filter(before), 0).label("before"),
        )
        .join_from(o, base, base.c.id == o.c.customer_id)
        .where(
            base.c.keeper == answers.c.customer,
            ~o.c.voided,
            o.c.currency == currency,
            o.c.ordered_at > answers.c.answered_at - week13,
            o.c.ordered_at <= answers.c.answered_at + week13,
        )
    )
    each = lateral(bought.correlate(answers)).alias("bought")
    return (
        select(
            answers.c.band,
            func.count().label("answers"),
            func.count().filter(each.c.orders > 0).label("ordered"),
            func.sum(each.c.before).label("before"),
            func.sum(each.c.after).label("after"),
        )
        .select_from(answers.join(each, true()))
        .group_by(answers.c.band)
    )


def _band(score: Any) -> Any:
    return case(*((score < high, place) for place, (_, high) in enumerate(BANDS[:-1])), else_=len(BANDS) - 1)
