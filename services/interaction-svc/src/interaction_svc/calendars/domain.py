"""What a calendar says of each day: the week's hours, a holiday, a make-up workday, or what a hand set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.holidays import statutory

Spans = tuple[tuple[int, int], ...]
"""Working spans of a day in minutes since midnight by the wall clock, in order; each ends after it begins."""
Source = Literal["week", "holiday", "makeup", "own"]
MINUTES = 24 * 60


class Day(NamedTuple):
    """The working spans of one day, where they come from, and how the day is called if it has a name."""

    spans: Spans
    source: Source
    name: str | None = None


@dataclass(frozen=True)
class Hours:
    """When people work: `week` from Monday to Sunday, `own` the days that somebody set by hand.

    `country` (and a part of it) is whose statutory holidays are free; None: no holidays at all.
    """

    zone: ZoneInfo
    week: tuple[Spans, ...]
    country: str | None = None
    subdivision: str | None = None
    own: Mapping[date, Day] = field(default_factory=dict)

    def day(self, day: date) -> Day:
        """What is worked on this day; what was set by hand goes before all that is published.

        Nobody publishes the hours of a make-up workday: they are those of the week's first working day.
        """
        if day in self.own:
            return self.own[day]
        usual = self.week[day.weekday()]
        if self.country is None:
            return Day(usual, "week")
        found = statutory(self.country, self.subdivision, day.year)
        if day in found.worked:
            return Day(usual or next((spans for spans in self.week if spans), ()), "makeup")
        if day in found.off:
            return Day((), "holiday", found.off[day])
        return Day(usual, "week")
