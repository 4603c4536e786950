"""Which occasion a rule is about, on which day that is, and when it is acted on in each time zone."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from notify_svc.care.lunar import LunarDay
from notify_svc.care.names import BIRTHDAY, FEAST_NAMES
from notify_svc.care.occasions import FEASTS, SolarDay, anniversary, days_on, occurrences
from notify_svc.recipients.domain import BirthdayKey
from notify_svc.standing.domain import Standing
from notify_svc.wording.domain import Words
from shared.problems import Invalid
from shared.wall_clock import instant, known_zones

Feast = Literal[
    "new_year",
    "spring_festival_eve",
    "spring_festival",
    "lantern_festival",
    "womens_day",
    "easter",
    "qingming",
    "labour_day",
    "mothers_day",
    "dragon_boat",
    "childrens_day",
    "fathers_day",
    "qixi",
    "mid_autumn",
    "teachers_day",
    "double_ninth",
    "national_day",
    "thanksgiving",
    "winter_solstice",
    "laba",
    "christmas",
]
Audience = Literal["customer", "contact"]
Action = Literal["message", "reminder"]
ACTIONS: tuple[Action, ...] = get_args(Action)
State = Literal["done", "missed"]

REMINDERS_LATE = timedelta(hours=24)
"""So late a colleague is still reminded; a greeting is not sent on another day."""
LOOK_BACK = timedelta(days=30)
"""What an outage missed before this is not even reported."""
_EASTERNMOST, _WESTERNMOST = timedelta(hours=14), timedelta(hours=12)
_DAY = timedelta(days=1)


class Occurring(NamedTuple):
    """A day that an occasion falls on: in which of its years, and of whom (a birthday: those born on it)."""

    year: int
    on: date
    key: BirthdayKey | None = None


def code_of(occasion: Mapping[str, Any]) -> str:
    """What tells an occasion from others, for good."""
    if occasion["kind"] == "birthday":
        return "birthday"
    return occasion["feast"] if occasion["kind"] == "feast" else f"company.{occasion['code']}"


def name_of(occasion: Mapping[str, Any]) -> Words:
    """What it is called."""
    if occasion["kind"] == "birthday":
        return BIRTHDAY
    if occasion["kind"] == "feast":
        return FEAST_NAMES[occasion["feast"]]
    return Words(occasion["name_zh"], occasion["name_en"])


def day_of(occasion: Mapping[str, Any]) -> SolarDay | LunarDay:
    """The day of the year of a company's day; ValueError if there is none."""
    if occasion["calendar"] == "lunar":
        return LunarDay(occasion["month"], occasion["day"], occasion["leap"])
    return SolarDay(occasion["month"], occasion["day"])


def falls(occasion: Mapping[str, Any], since: date, until: date) -> Iterator[Occurring]:
    """On which days it falls from `since` on and before `until`; a birthday is somebody's every day."""
    if occasion["kind"] == "birthday":
        for ahead in range((until - since).days):
            on = since + timedelta(days=ahead)
            yield from (Occurring(year, on, _key(day)) for year, day in days_on(on))
        return
    rule = FEASTS[occasion["feast"]] if occasion["kind"] == "feast" else anniversary(day_of(occasion))
    yield from (Occurring(year, on) for year, on in occurrences(rule, since, until))


def _key(day: SolarDay | LunarDay) -> BirthdayKey:
    if isinstance(day, LunarDay):
        return BirthdayKey("lunar", day.month, day.day, day.leap)
    return BirthdayKey("solar", day.month, day.day)


@dataclass(frozen=True, slots=True)
class DueDay:
    """A local date that has come to its hour in some zones: `moments` by zone; the occasion is on `on`."""

    act_on: date
    on: date
    moments: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Coming:
    """An occasion whose hour has come somewhere; `home` is the zone of whoever named none."""

    due: DueDay
    occurring: Sequence[Occurring]
    home: str


def due_days(
    *, at: time, days_before: int, zones: Collection[str], since: datetime, until: datetime
) -> Iterator[DueDay]:
    """The local dates whose hour came behind `since` and not behind `until`, each with where it did."""
    day = (since - _WESTERNMOST).date()
    while day <= (until + _EASTERNMOST).date():
        wall = datetime.combine(day, at)
        moments = {zone: instant(wall, ZoneInfo(zone)) for zone in zones}
        come = {zone: moment for zone, moment in moments.items() if since < moment <= until}
        if come:
            yield DueDay(day, day + timedelta(days=days_before), come)
        day += _DAY


def ends(due: DueDay, zone: str, action: Action) -> datetime:
    """Until when it is not too late: a greeting until its day is over there, a reminder for 24 hours."""
    if action == "reminder":
        return due.moments[zone] + REMINDERS_LATE
    return instant(datetime.combine(due.act_on + _DAY, time()), ZoneInfo(zone))


def zone_of(*told: str | None, otherwise: str) -> str:
    """The first of these that is a time zone."""
    return next((zone for zone in told if zone in known_zones()), otherwise)


def fits(only: Mapping[str, Any], standing: Standing) -> bool:
    """Whether a rule is about a customer that stands like this."""
    asked = (("tiers", standing.tier), ("stages", standing.stage), ("churn_levels", standing.churn_level))
    if any(only.get(name) and value not in only[name] for name, value in asked):
        return False
    return not (only.get("no_open_complaint") and standing.open_complaints)


def check_rule(rule: Mapping[str, Any]) -> None:
    """Refuse a rule that does nothing, is about no day, or names nobody."""
    if rule["message"] is None and rule["reminder"] is None:
        raise Invalid.at(
            "/message", "nothing_to_do", en="or reminder is required", zh="与 reminder 至少填写一项"
        )
    if rule["occasion"]["kind"] == "company_day":
        try:
            day_of(rule["occasion"])
        except ValueError:
            raise Invalid.at(
                "/occasion/day", "no_such_day", en="is no day of this month", zh="该月没有这一天"
            ) from None
    reminder = rule["reminder"]
    if reminder is not None and (reminder["assignee"] == "named") is (reminder["assignee_id"] is None):
        raise Invalid.at(
            "/reminder/assignee_id",
            "does_not_fit",
            en="goes with a named assignee",
            zh="仅用于指定的负责人",
        )
