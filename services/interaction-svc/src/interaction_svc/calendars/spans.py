"""Working spans as they are written: `09:00-12:00`, by the wall clock, until 24:00 at the latest."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from interaction_svc.calendars.domain import Spans

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_SPANS = 12
_HOUR = 60
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


def minutes_of(written: Iterable[str]) -> Spans:
    """The spans in minutes since midnight."""
    return tuple((_minute(span[:5]), _minute(span[6:])) for span in written)


def week_of(written: Mapping[str, Iterable[str]]) -> tuple[Spans, ...]:
    """The spans of each weekday from Monday; a day that is left out is free."""
    return tuple(minutes_of(written.get(day, ())) for day in WEEKDAYS)


def written(spans: Spans) -> list[str]:
    """The spans as they are written."""
    return [f"{_clock(start)}-{_clock(end)}" for start, end in spans]


def _minute(clock: str) -> int:
    return int(clock[:2]) * _HOUR + int(clock[3:])


def _clock(minute: int) -> str:
    return f"{minute // _HOUR:02}:{minute % _HOUR:02}"


def _in_order(spans: list[str]) -> list[str]:
    ends = [end for span in minutes_of(spans) for end in span]
    backwards = any(start >= end for start, end in minutes_of(spans))
    if backwards or ends != sorted(ends):
        raise PydanticCustomError(
            "spans_out_of_order",
            "must begin before they end, follow each other and not overlap",
            {"zh": "各时段须先始后终、依次排列且互不重叠"},
        )
    return spans


Span = Annotated[
    str, StringConstraints(pattern=rf"^{_CLOCK}-({_CLOCK}|24:00)$"), Field(examples=["09:00-12:00"])
]
DaySpans = Annotated[list[Span], Field(max_length=_MOST_SPANS), AfterValidator(_in_order)]
