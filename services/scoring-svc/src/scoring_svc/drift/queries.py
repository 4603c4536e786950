"""Drift read, and everything that it is measured from."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from scoring_svc.drift.tables import DriftAlarm, DriftReport, ScoreSnapshot
from scoring_svc.facts.tables import ComplaintRow, ContactRow, OrderRow, SurveyRow
from scoring_svc.models.tables import Model
from scoring_svc.scores.tables import Score
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.references.tables import KNOWN as _R

_D: Any = DriftReport.__table__  # type: ignore[attr-defined]
_A: Any = DriftAlarm.__table__  # type: ignore[attr-defined]
_P: Any = ScoreSnapshot.__table__  # type: ignore[attr-defined]
_S: Any = Score.__table__  # type: ignore[attr-defined]
_M: Any = Model.__table__  # type: ignore[attr-defined]
_MOMENT = DateTime(timezone=True)
_FEED_DAYS = 90
_TOLD: tuple[tuple[str, Any, str], ...] = (
    ("orders", OrderRow, "ordered_at"),
    ("contacts", ContactRow, "occurred_at"),
    ("complaints", ComplaintRow, "opened_at"),
    ("surveys", SurveyRow, "answered_at"),
)
_LOUD = prepare(
    select(_A.c.measure)
    .where(_A.c.model_id == bindparam("b_model"), _A.c.state != "cleared", _A.c.level == "alarm")
    .order_by(_A.c.measure)
)
_LIVE = prepare(select(_A).where(_A.c.state != "cleared").order_by(_A.c.id).with_for_update())
_ALARM = prepare(select(_A).where(_A.c.id == bindparam("b_id")))
_ALARM_FOR_UPDATE = prepare(select(_A).where(_A.c.id == bindparam("b_id")).with_for_update())
_FIRST = prepare(
    select(_D.c.figures["reasons"]["shares"].label("shares"))
    .where(_D.c.model_id == bindparam("b_model"))
    .order_by(_D.c.made_at)
    .limit(1)
)
_LATEST = prepare(
    select(_D).where(_D.c.model_id == bindparam("b_model")).order_by(_D.c.made_at.desc()).limit(1)
)
_drivers = _S.c.churn["reasons"][0]["category"].astext
_REASONS = prepare(
    select(_drivers.label("category"), func.count().label("customers"))
    .where(or_(_S.c.churn_level == "medium", _S.c.churn_level == "high"), _drivers.is_not(None))
    .group_by(_drivers)
)
_FITS = prepare(
    select(
        func.count().label("models"),
        func.avg(case((_M.c.basis == "prior", 1.0), else_=0.0)).label("prior"),
        func.avg(case((_M.c.document["purchase"]["degenerate"].astext == "true", 1.0), else_=0.0)).label(
            "degenerate"
        ),
    ).where(_M.c.created_at >= bindparam("b_since", type_=_MOMENT))
)


def _feed(name: str, moment: Any) -> Any:
    """The newest fact of a feed by `b_now`, and on how many of the days before it there was any."""
    told = moment <= bindparam("b_now", type_=_MOMENT)
    newest = select(func.max(moment)).where(told).scalar_subquery()
    near = moment > newest - literal(timedelta(days=_FEED_DAYS))
    return select(
        literal(name).label("feed"),
        func.max(moment).label("newest"),
        func.min(moment).label("oldest"),
        func.count(func.distinct(cast(moment, Date))).label("days"),
    ).where(told, near)


_FEEDS = prepare(union_all(*(_feed(name, table.__table__.c[column]) for name, table, column in _TOLD)))
_TAKEN = prepare(select(func.max(_P.c.taken_on)))
_merged = select(_R.c.id).where(_R.c.id == _S.c.customer_id, _R.c.merged_into.is_not(None)).exists()
_SAMPLE = prepare(
    select(
        _S.c.customer_id,
        _S.c.model_id,
        _S.c.horizon_weeks,
        _S.c.churn_probability,
        _S.c.expected_purchases,
        _S.c.scored_at,
    )
    .where(_S.c.churn_probability.is_not(None), ~_merged)
    .order_by(func.md5(cast(_S.c.customer_id, Text) + bindparam("b_week", type_=Text)))
    .limit(bindparam("b_most", type_=Integer))
)
_RIPE = prepare(
    select(_P)
    .where(_P.c.orders.is_(None), _P.c.matures_at <= bindparam("b_now", type_=_MOMENT))
    .order_by(_P.c.matures_at, _P.c.customer_id)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_MERGED_ONES = prepare(
    select(_R.c.id).where(_R.c.merged_into.is_not(None), _R.c.id.in_(select(_P.c.customer_id)))
)
_MATURED = prepare(
    select(_P.c.taken_on, _P.c.probability, _P.c.expected_orders, _P.c.orders).where(
        _P.c.model_id == bindparam("b_model"),
        _P.c.orders.is_not(None),
        _P.c.taken_on >= bindparam("b_since", type_=Date),
    )
)
DRIFT = Listing(select(_D), key=_D.c.id, sorts={"made_at": _D.c.made_at}, default="-made_at", filters={})
ALARMS = Listing(
    select(_A),
    key=_A.c.id,
    sorts={"opened_at": _A.c.opened_at},
    default="-opened_at",
    filters={
        "state": lambda value: _A.c.state == value,
        "level": lambda value: _A.c.level == value,
        "model_id": lambda value: _A.c.model_id == value,
    },
)


def of_model(model_id: UUID) -> Any:
    """The condition of a model's reports."""
    return _D.c.model_id == model_id


async def loud(reader: Reader, model_id: UUID) -> list[str]:
    """What is alarming about a model now, also if somebody knows of it; warnings are not."""
    return [row["measure"] for row in await reader.rows(_LOUD, b_model=model_id)]


async def live(tx: Tx) -> list[Record]:
    """Every alarm that is not cleared, of whatever model, locked."""
    return await tx.rows(_LIVE)


async def alarm(reader: Reader, alarm_id: UUID) -> Record | None:
    """One alarm."""
    return await reader.row(_ALARM, b_id=alarm_id)


async def alarm_for_update(tx: Tx, alarm_id: UUID) -> Record | None:
    """One alarm, locked."""
    return await tx.row(_ALARM_FOR_UPDATE, b_id=alarm_id)


async def latest(reader: Reader, model_id: UUID) -> Record | None:
    """The newest look at a model."""
    return await reader.row(_LATEST, b_model=model_id)


async def first_reasons(reader: Reader, model_id: UUID) -> dict[str, float] | None:
    """The mix of first reasons at the first look at a model."""
    shares: dict[str, float] | None = await reader.value(_FIRST, b_model=model_id)
    return shares


async def reasons(reader: Reader) -> dict[str, int]:
    """How many customers at medium or high risk have each category first among their reasons."""
    return {row["category"]: row["customers"] for row in await reader.rows(_REASONS)}


async def fits(reader: Reader, since: datetime) -> dict[str, Any]:
    """Of the models learnt since: how many, and which shares had too little data or degenerated."""
    row = await reader.row(_FITS, b_since=since)
    if row is None or not row["models"]:
        return {"models": 0, "prior": 0.0, "degenerate": 0.0}
    return {
        "models": row["models"], "prior": float(row["prior"]), "degenerate": float(row["degenerate"]),
    }  # fmt: skip


async def feeds(reader: Reader, now: datetime) -> list[Record]:
    """By feed: its newest and oldest fact within its last ninety days, and how many of them had any."""
    return await reader.rows(_FEEDS, b_now=now)


async def last_snapshot(reader: Reader) -> date | None:
    """The day of the newest sample."""
    day: date | None = await reader.value(_TAKEN)
    return day


async def sample(reader: Reader, *, week: str, most: int) -> list[Record]:
    """Another sample of scores each week, the same however often it is asked for."""
    return await reader.rows(_SAMPLE, b_week=week, b_most=most)


async def ripe(tx: Tx, most: int) -> list[Record]:
    """Kept scores whose horizon has closed and of which nobody has looked what became of them, locked."""
    return await tx.rows(_RIPE, b_now=tx.now, b_most=most)


async def merged(reader: Reader) -> Sequence[UUID]:
    """Customers with kept scores who were merged into others since."""
    return [row["id"] for row in await reader.rows(_MERGED_ONES)]


async def matured(reader: Reader, model_id: UUID, since: date) -> list[Record]:
    """Kept scores of a model taken since, with what became of them."""
    return await reader.rows(_MATURED, b_model=model_id, b_since=since)
