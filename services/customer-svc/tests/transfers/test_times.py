"""Times of the common form take a short way; it may lead nowhere else."""

import itertools
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.http.types import Moment
from shared.sheets.texts import moment

_READ = TypeAdapter(Moment).validate_python
_DAYS = ("2026-03-01", "2024-02-29", "2026-02-29", "0001-01-01", "9999-12-31", "1799-12-31", "2026-13-01")
_HOURS = ("00:00:00", "23:59:59.123456", "09:30:00.5", "24:00:00", "10:60:00", "10:00:60")
_OFFSETS = ("Z", "+00:00", "-00:00", "+08:00", "-23:59", "+23:59")


def _judged(value: Any) -> Any:
    try:
        return _READ(value)
    except ValidationError as error:
        return error.errors(include_url=False)[0]["type"]


@pytest.mark.parametrize("day", _DAYS)
def test_the_short_way_reads_a_time_as_the_model_does(day: str) -> None:
    for between, hour, offset in itertools.product("T ", _HOURS, _OFFSETS):
        text = f"{day}{between}{hour}{offset}"
        assert _judged(moment(text) or text) == _judged(text), text


@pytest.mark.parametrize(
    "text",
    [
        "2026-W10-7T09:30:00Z",
        "20260301T093000Z",
        "2026-03-01T09:30:00",
        "2026-03-01",
        "1772357400",
        "2026-03-01T09:30:00+24:00",
        "2026-03-01T09:30:00+05:60",
        "٢٠٢٦-03-01T09:30:00Z",
        "2026-03-01T09:30:00Z\n",
    ],
)
def test_every_other_form_is_left_to_the_model(text: str) -> None:
    assert moment(text) is None
