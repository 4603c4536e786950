"""Field types with bounds: every text refuses control and direction characters, every number is finite."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from shared.wall_clock import known_zones

# C0 and C1 controls but tab and line ends, bidi controls, surrogates, non-characters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\ud800-\udfff\ufffe\uffff]"
)
_MOMENT = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
_DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_FIRST_YEAR, _LAST_YEAR = 1800, 2999
_MOST_DEPTH = 8
_MOST_ITEMS = 500
_MOST_TEXT = 10_000
_INT64 = 2**63 - 1

_Date = TypeVar("_Date", bound=date)


def clean_text(text: str) -> str:
    """The text itself; a validation error if it holds a control or direction character."""
    if _FORBIDDEN.search(text):
        raise PydanticCustomError("forbidden_character", "contains a control or direction character")
    return text


def _in_reach(day: _Date) -> _Date:
    """The day itself; the calendar's own ends are no days: the database driver takes them for infinity."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise PydanticCustomError(
            "datetime_out_of_range",
            f"must lie between {_FIRST_YEAR} and {_LAST_YEAR}",
            {"zh": f"必须在 {_FIRST_YEAR} 年至 {_LAST_YEAR} 年之间"},
        )
    return day


def _utc(moment: datetime) -> datetime:
    return _in_reach(moment).astimezone(UTC)


def _rfc_3339(value: Any) -> Any:
    """Texts of that form and moments themselves: a bare number would be taken for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.match(value)):
        return value
    raise PydanticCustomError("not_a_time", "must be an RFC 3339 time", {"zh": "必须是 RFC 3339 时间"})


def _iso_day(value: Any) -> Any:
    """Texts of that form and days themselves: a bare number would be taken for seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.match(value)):
        return value
    raise PydanticCustomError(
        "not_a_date", "must be a date, YYYY-MM-DD", {"zh": "必须是 YYYY-MM-DD 格式的日期"}
    )


def _no_flag(value: Any) -> Any:
    """Anything but true and false, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


def _with_z(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(most: int, least: int = 0) -> Any:
    constraint = StringConstraints(max_length=most, min_length=least, strip_whitespace=True)
    return Annotated[str, constraint, AfterValidator(clean_text)]


Name = _text(200, 1)
Line = _text(500)
Text = _text(_MOST_TEXT)
Phone = _text(40, 3)
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Flag = Annotated[bool, Strict()]
"""Of a body: true or false; a bare `bool` would take 1 and "yes", too."""
NO_FLAG = BeforeValidator(_no_flag)
"""Last of what is said of a body's `int`, which would take true, too."""
Int64 = Annotated[int, Field(ge=-_INT64 - 1, le=_INT64), NO_FLAG]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_rfc_3339),
    AfterValidator(_utc),
    PlainSerializer(_with_z, return_type=str, when_used="json"),
    Field(examples=["2026-03-01T09:30:00Z"]),
]
ISO_DAY = BeforeValidator(_iso_day)
"""Last of what is said of a `date` that is given, which would take numbers, too."""
Day = Annotated[date, AfterValidator(_in_reach), ISO_DAY, Field(examples=["2026-03-01"])]


def _known_zone(name: str) -> str:
    if name not in known_zones():
        raise PydanticCustomError("zone_unknown", "is no IANA time zone", {"zh": "不是有效的 IANA 时区"})
    return name


Zone = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(_known_zone),
    Field(examples=["Asia/Shanghai"]),
]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["CNY"])]


def _walk(value: Any, depth: int) -> Iterator[None]:
    if depth > _MOST_DEPTH:
        raise PydanticCustomError("too_deep", "is nested too deeply")
    if isinstance(value, str):
        if len(value) > _MOST_TEXT:
            raise PydanticCustomError("string_too_long", "a text is too long")
        clean_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite_number", "must be finite")
    elif isinstance(value, int) and not -_INT64 - 1 <= value <= _INT64:
        raise PydanticCustomError("int_too_large", "must fit into 64 bits")
    elif isinstance(value, dict):
        for key, item in value.items():
            clean_text(key)
            yield from _walk(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    yield


def _storable(value: dict[str, Any]) -> dict[str, Any]:
    for count, _ in enumerate(_walk(value, 0)):
        if count > _MOST_ITEMS:
            raise PydanticCustomError("too_long", "holds too many values")
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_storable)]
