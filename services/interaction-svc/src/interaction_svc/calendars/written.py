"""A calendar as one text, which says all that its working time depends on, and nothing else."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from interaction_svc.calendars.domain import Day, Hours
from interaction_svc.calendars.spans import minutes_of, week_of


def as_written(calendar: Mapping[str, Any], own: Iterable[Mapping[str, Any]]) -> str:
    """The text of a calendar's row and of the rows of its own days."""
    days = sorted((row["day"].isoformat(), row["spans"], row["name"]) for row in own)
    told = [calendar[name] for name in ("timezone", "week", "country", "subdivision")]
    return json.dumps([*told, days], ensure_ascii=False, sort_keys=True)


def hours_from(written: str) -> Hours:
    """The hours that such a text says."""
    zone, week, country, subdivision, days = json.loads(written)
    own = {date.fromisoformat(day): Day(minutes_of(spans), "own", name) for day, spans, name in days}
    return Hours(ZoneInfo(zone), week_of(week), country, subdivision, own)
