"""The spread of customers, put together."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import change, mean_money, money, share
from scoring_svc.standing import domain, statements
from scoring_svc.standing.schemas import StandingQuery
from shared.db import Reader, Record

_LEVELS = ("high", "medium", "low", "unknown")
_STAGES = ("prospect", "new", "first_purchase", "active", "loyal", "at_risk", "lost", "won_back")


async def tiers(reader: Reader, query: StandingQuery, now: datetime) -> dict[str, Any]:
    """As it stands now, how it stood before, and who moved."""
    span = query.span(now)
    currency = await bases.currency_of(reader)
    rows = await reader.rows(statements.spread(reader, query))
    points = domain.points(span, query.period, query.timezone)
    past = await reader.rows(statements.over_time(reader, query, points, currency))
    moves = await reader.rows(statements.migration(reader, query, span, currency))
    by_point: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
    for row in past:
        by_point[row["at"]].append(_counted(row, currency))
    return {
        "customers": bases.summed(rows, "customers"),
        "data": [{**dict(row), "expected_value": money(row["expected"], row["currency"])} for row in rows],
        "since": span[0],
        "until": span[1],
        "over_time": [{"at": at, "tiers": by_point[at]} for at in points],
        "migration": [_counted(row, currency) for row in moves],
    }


def _counted(row: Record, currency: str) -> dict[str, Any]:
    return {**dict(row), "expected_value": money(row["expected"], currency)}


async def churn(reader: Reader, query: StandingQuery, now: datetime) -> dict[str, Any]:
    """Levels, stages, warnings and what is at stake."""
    span = query.span(now)
    currency = await bases.currency_of(reader)
    rows = await reader.rows(statements.spread(reader, query))
    warned = await reader.rows(statements.warnings(reader, query, span))
    reasons = await reader.rows(statements.reasons(reader, query, currency))

    def warnings(status: str) -> int:
        return sum(row["warnings"] for row in warned if row["status"] == status)

    return {
        "since": span[0],
        "until": span[1],
        "currency": currency,
        "customers": bases.summed(rows, "customers"),
        "levels": [_level(level, _where(rows, "churn_level", level), currency) for level in _LEVELS],
        "stages": [
            {"stage": stage, **_stake(_where(rows, "lifecycle_stage", stage), currency)} for stage in _STAGES
        ],
        "at_risk": _stake(_where(rows, "lifecycle_stage", "at_risk"), currency),
        "likely_loss": money(sum(row["loss"] or 0.0 for row in _where(rows, "currency", currency)), currency),
        "open_warnings": warnings("open"),
        "acknowledged_warnings": warnings("acknowledged"),
        "reasons": [{**dict(row), "contributed_52": money(row["contributed"], currency)} for row in reasons],
        "outcomes": [dict(row) for row in warned if row["outcome"] is not None],
    }


def _where(rows: Sequence[Record], name: str, value: str) -> list[Record]:
    return [row for row in rows if row[name] == value]


def _stake(rows: Sequence[Record], currency: str) -> dict[str, Any]:
    """Everybody is counted; money in another currency is left out."""
    same = _where(rows, "currency", currency)
    return {
        "customers": bases.summed(rows, "customers"),
        "contributed_52": money(bases.summed(same, "contributed"), currency),
        "expected_value": money(bases.summed(same, "expected"), currency),
    }


def _level(level: str, rows: Sequence[Record], currency: str) -> dict[str, Any]:
    known = [row for row in rows if row["probability"] is not None]
    mean = share(sum(row["probability"] for row in known), bases.summed(known, "customers"))
    return {"level": level, "mean_probability": mean, **_stake(rows, currency)}


async def satisfaction(reader: Reader, query: StandingQuery, now: datetime) -> dict[str, Any]:
    """What followed answers of the time."""
    span = query.span(now)
    currency = await bases.currency_of(reader)
    rows = await reader.rows(statements.satisfaction(reader, query, span, currency, now))
    found = {row["band"]: row for row in rows}
    return {
        "since": span[0],
        "until": span[1],
        "currency": currency,
        "data": [
            {"lowest": low, "highest": high, **_followed(found.get(place), currency)}
            for place, (low, high) in enumerate(domain.BANDS)
        ],
    }


def _followed(row: Record | None, currency: str) -> dict[str, Any]:
    answers = row["answers"] if row is not None else 0
    if row is None or answers < domain.FEWEST_ANSWERS:
        nothing = dict.fromkeys(("ordered", "mean_before", "mean_after", "change"))
        return {"answers": answers, "too_little": True, **nothing}
    return {
        "answers": answers,
        "too_little": False,
        "ordered": share(row["ordered"], answers),
        "mean_before": mean_money(row["before"], answers, currency),
        "mean_after": mean_money(row["after"], answers, currency),
        "change": change(float(row["after"]), float(row["before"])),
    }
