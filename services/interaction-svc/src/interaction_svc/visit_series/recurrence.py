"""Rules of recurrence (RRULE, RFC 5545) within bounds, and the days by the wall clock that they name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from shared.problems import Invalid

MOST_LETTERS = 255
MOST_COUNT = 1000
MOST_INTERVAL = 99
LONGEST = timedelta(days=5 * 366)
"""How long after its start a rule may end by UNTIL."""
FIRST_WITHIN = timedelta(days=4 * 366)
"""Within so long of its start a rule must name a day."""
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
"""By frequency the parts that a rule may have, and the form of each. No part names hours: one visit a day."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read: what it says but for its end, and the last moment of it by the wall clock."""

    said: str
    until: datetime | None


def read(text: str, start: datetime, zone: ZoneInfo) -> Rule:
    """The rule in this text for a series that starts at this time by the wall clock of the zone.

    Raises Invalid for what is no rule, repeats within a day, has no end that is near enough (COUNT, INTERVAL
    and UNTIL are bounded; a rule without an end is fine), or names no day within four years.
    """
    rule = known(text, zone)
    _check_bounds(_parts(text), rule, start)
    if next(occurrences(rule, start, start + FIRST_WITHIN), None) is None:
        raise _wrong("rrule_empty", "must name a day within four years of the start", "四年内没有任何日期")
    return rule


def known(text: str, zone: ZoneInfo) -> Rule:
    """The rule in a text that was found good before."""
    parts = _parts(text)
    said = ";".join(f"{name}={value}" for name, value in parts.items() if name != "UNTIL")
    return Rule(said, _until(parts.get("UNTIL"), zone))


def normal(text: str) -> str:
    """The text of a rule as it is kept: without its name, in capital letters."""
    return text.strip().upper().removeprefix("RRULE:")


def occurrences(rule: Rule, start: datetime, before: datetime) -> Iterator[datetime]:
    """When the rule repeats by the wall clock, from the start on, in order, at most once a day.

    dateutil looks for a next time until the year 9999, however long that takes. So it is asked about the
    same days at the end of the calendar, where it gives up after 400 years of nothing at the latest.
    """
    years = (MAXYEAR - max(before.year, start.year)) // _CYCLE * _CYCLE
    asked = rrulestr(rule.said, dtstart=_later(start, years))
    last = before if rule.until is None else min(before, rule.until + timedelta(seconds=1))
    end = _later(last, years)
    return (_later(found, -years) for found in takewhile(lambda found: found < end, asked))


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a time by the wall clock.

    One that a change of the clocks skips is the first moment behind the change; of one that comes twice, the
    first.
    """
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # before the change, as `moment` is behind it
    before = early.astimezone(zone).utcoffset()
    while moment - early > timedelta(seconds=1):
        middle = early + (moment - early) // 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            moment = middle
    return moment.replace(microsecond=0)


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
            return moment.astimezone(zone).replace(tzinfo=None)
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
