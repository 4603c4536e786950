"""Rules of recurrence (RRULE, RFC 5545) within bounds, and the days by the wall clock that they name."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from itertools import count, islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from shared.problems import Invalid
from shared.wall_clock import shown

MOST_LETTERS = 255
MOST_COUNT = 1000
MOST_INTERVAL = 99
LONGEST = timedelta(days=5 * 366)
"""How long after its start a rule may end by UNTIL."""
FIRST_WITHIN = timedelta(days=4 * 366)
"""Within so long of its start a rule must name a day."""
NEXT_WITHIN = timedelta(days=3660)
"""A rule that names no day for so long is over."""
_CYCLE = 400
"""Years after which the Gregorian calendar is the same again, weekdays included."""

_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_NUMBER = r"[+-]?(?:[1-9]|[12][0-9]|3[01])"


def _listed(each: str, most: int) -> str:
    return f"{each}(?:,{each}){{0,{most - 1}}}"


_ALWAYS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": "0*[1-9][0-9]{0,9}",
    "COUNT": "0*[1-9][0-9]{0,9}",
    "UNTIL": "[0-9]{8}(?:T[0-9]{6}Z?)?",
    "BYMONTH": _listed("(?:0?[1-9]|1[0-2])", 12),
    "WKST": _DAY,
}
_OFTEN = {**_ALWAYS, "BYDAY": _listed(_DAY, 7)}
_SELDOM = {
    **_ALWAYS,
    "BYDAY": _listed(f"(?:[+-]?[1-5])?{_DAY}", 35),
    "BYMONTHDAY": _listed(_NUMBER, 31),
    "BYSETPOS": _listed(_NUMBER, 31),
}
_PARTS: Mapping[str, Mapping[str, str]] = {
    "DAILY": _OFTEN,
    "WEEKLY": _OFTEN,
    "MONTHLY": _SELDOM,
    "YEARLY": _SELDOM,
}
"""By frequency the parts that a rule may have, and the form of each. No part names hours: once a day."""


@dataclass(frozen=True, slots=True)
class Days:
    """That a rule names nothing but days by their number in the month, of these months (None: of all)."""

    days: frozenset[int]
    months: frozenset[int] | None
    every: int
    yearly: bool
    most: int | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read: what it says but for its end, and the last moment of it by the wall clock.

    `days` is there for a rule that is read `to_month_end` and names days by their number: then a month that
    is too short for a day has it on its last day, where RFC 5545 passes the month over.
    """

    said: str
    until: datetime | None
    days: Days | None = None


def read(text: str, start: datetime, zone: ZoneInfo, *, to_month_end: bool = False) -> Rule:
    """The rule in this text for a series that starts at this time by the wall clock of the zone.

    Raises Invalid for what is no rule, repeats within a day, has no end that is near enough (COUNT, INTERVAL
    and UNTIL are bounded; a rule without an end is fine), or names no day within four years.
    """
    rule = known(text, zone, start if to_month_end else None)
    _check_bounds(_parts(text), rule, start)
    if next(occurrences(rule, start, start + FIRST_WITHIN), None) is None:
        raise _wrong("rrule_empty", "must name a day within four years of the start", "四年内没有任何日期")
    return rule


def known(text: str, zone: ZoneInfo, anchor: datetime | None = None) -> Rule:
    """The rule in a text that was found good before; with an `anchor`, its start, to the month's end."""
    parts = _parts(text)
    said = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
    days = None if anchor is None else _days(parts, anchor)
    return Rule(said, _until(parts.get("UNTIL"), zone), days)


def normal(text: str) -> str:
    """The text of a rule as it is kept: without its name, in capital letters."""
    return text.strip().upper().removeprefix("RRULE:")


def occurrences(rule: Rule, start: datetime, before: datetime) -> Iterator[datetime]:
    """When the rule repeats by the wall clock, from the start on, in order, at most once a day."""
    last = before if rule.until is None else min(before, rule.until + timedelta(seconds=1))
    if rule.days is not None:
        return takewhile(lambda found: found < last, _by_number(rule.days, start))
    return _asked(rule, start, last)


def first_after(rule: Rule, start: datetime, wall: datetime) -> datetime | None:
    """The first time after this one at which the rule repeats; None if it is over, or for ten years."""
    begin = start if "COUNT=" in rule.said else _nearer(rule, start, wall)
    found = occurrences(rule, begin, wall + NEXT_WITHIN)
    return next((each for each in found if each > wall), None)


def _asked(rule: Rule, start: datetime, last: datetime) -> Iterator[datetime]:
    """What dateutil finds before `last`.

    It looks for a next time until the year 9999, however long that takes. So it is asked about the same
    days at the end of the calendar, where it gives up after 400 years of nothing at the latest.
    """
    years = (MAXYEAR - max(last.year, start.year)) // _CYCLE * _CYCLE
    asked = rrulestr(rule.said, dtstart=_later(start, years))
    end = _later(last, years)
    return (_later(found, -years) for found in takewhile(lambda found: found < end, asked))


_PERIODS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7)}


def _nearer(rule: Rule, start: datetime, wall: datetime) -> datetime:
    """A start from which a rule without a count repeats on the same days, at most an interval before `wall`.

    Only for days and weeks: of the others there are few.
    """
    parts = dict(part.split("=") for part in rule.said.split(";"))
    period = _PERIODS.get(parts["FREQ"])
    if period is None or wall <= start:
        return start
    step = period * int(parts.get("INTERVAL", 1))
    return start + step * max((wall - start) // step - 1, 0)


_BY_NUMBER = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY"}


def _days(parts: Mapping[str, str], start: datetime) -> Days | None:
    """How a rule names days by their number; None for one that says it otherwise (weekdays, from the end)."""
    if parts["FREQ"] not in ("MONTHLY", "YEARLY") or not parts.keys() <= _BY_NUMBER:
        return None
    named = [int(day) for day in parts.get("BYMONTHDAY", str(start.day)).split(",")]
    if min(named) < 1:
        return None
    months = parts.get("BYMONTH")
    if months is None and parts["FREQ"] == "YEARLY" and "BYMONTHDAY" not in parts:
        months = str(start.month)
    return Days(
        days=frozenset(named),
        months=None if months is None else frozenset(int(month) for month in months.split(",")),
        every=int(parts.get("INTERVAL", 1)),
        yearly=parts["FREQ"] == "YEARLY",
        most=int(parts["COUNT"]) if "COUNT" in parts else None,
    )


def _by_number(days: Days, start: datetime) -> Iterator[datetime]:
    """The days of such a rule from the start on, each month's in order, without an end of its own."""
    found = (
        start.replace(year=year, month=month, day=day)
        for year, month in _months(days, start)
        for day in sorted({min(day, monthrange(year, month)[1]) for day in days.days})
    )
    return islice((each for each in found if each >= start), days.most)


def _months(days: Days, start: datetime) -> Iterator[tuple[int, int]]:
    """Year and month of those that the rule looks at, to the end of the calendar."""
    step = 12 if days.yearly else 1
    first = start.year * 12 + (0 if days.yearly else start.month - 1)
    for begin in count(first, days.every * step):
        for each in range(begin, begin + step):
            year, month = each // 12, each % 12 + 1
            if year > MAXYEAR:
                return
            if days.months is None or month in days.months:
                yield year, month


def _later(moment: datetime, years: int) -> datetime:
    return moment.replace(year=moment.year + years)


def _parts(text: str) -> dict[str, str]:
    """What the rule says, part by part."""
    pairs = [part.partition("=")[::2] for part in normal(text).removesuffix(";").split(";")]
    parts = dict(pairs)
    if len(text) > MOST_LETTERS or len(parts) < len(pairs):
        raise _no_rule()
    frequency = parts.get("FREQ", "")
    allowed = _PARTS.get(frequency)
    if allowed is None or not parts.keys() <= allowed.keys():
        raise _wrong(
            "rrule_not_allowed",
            "must repeat by day, week, month or year, and not name hours, days or weeks of a year",
            "仅支持按日、周、月、年重复，且不得指定小时或年内的日序、周序",
        )
    if not all(re.fullmatch(allowed[name], value) for name, value in parts.items()):
        raise _no_rule()
    if {"COUNT", "UNTIL"} <= parts.keys() or ("BYSETPOS" in parts and parts.keys().isdisjoint(_CHOSEN_FROM)):
        raise _no_rule()
    return parts


_CHOSEN_FROM = {"BYDAY", "BYMONTHDAY"}


def _until(value: str | None, zone: ZoneInfo) -> datetime | None:
    """The last moment by the wall clock; a day alone is meant until its end."""
    if value is None:
        return None
    try:
        if value.endswith("Z"):
            moment = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return shown(moment, zone)
        if "T" in value:
            return datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall clock
        return datetime.combine(datetime.strptime(value, "%Y%m%d"), time(23, 59, 59))  # noqa: DTZ007
    except (ValueError, OverflowError):
        raise _no_rule() from None


def _check_bounds(parts: Mapping[str, str], rule: Rule, start: datetime) -> None:
    if int(parts.get("COUNT", 1)) > MOST_COUNT:
        raise _wrong("rrule_too_long", f"must repeat at most {MOST_COUNT} times", f"最多重复 {MOST_COUNT} 次")
    if int(parts.get("INTERVAL", 1)) > MOST_INTERVAL:
        raise _wrong(
            "rrule_too_long",
            f"must have an interval of at most {MOST_INTERVAL}",
            f"间隔最多为 {MOST_INTERVAL}",
        )
    if rule.until is not None and rule.until > start + LONGEST:
        raise _wrong(
            "rrule_too_long",
            "must end within five years of the start, or have no end",
            "须在开始后五年内结束，或不设结束时间",
        )


def _no_rule() -> Invalid:
    return _wrong(
        "rrule_invalid", "is no rule of recurrence (RRULE, RFC 5545)", "不是有效的 RRULE（RFC 5545）"
    )


def _wrong(code: str, en: str, zh: str) -> Invalid:
    return Invalid.at("/rrule", code, en=en, zh=zh)
