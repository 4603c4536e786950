"""A moment is an RFC 3339 text of a year in which people live, a day its first ten letters."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.http.types import Day, Moment

DAY: TypeAdapter[date] = TypeAdapter(Day)
MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T09:30:00Z",
        "2026-03-01 17:30:00+08:00",
        "2026-03-01t09:30z",
        "2026-03-01T09:30:00.000+0000",
    ],
)
def test_every_way_to_write_a_moment_means_the_same(text: str) -> None:
    assert MOMENT.validate_python(text) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (1_700_000_000, "not_a_time"),
        (1.5, "not_a_time"),
        (True, "not_a_time"),
        ("1700000000", "not_a_time"),
        ("2026-03-01T09:30:00 08:00", "not_a_time"),
        ("2026-03-01T09:30:00", "timezone_aware"),
        ("0001-01-01T00:00:00Z", "datetime_out_of_range"),
        ("9999-12-31T23:59:59.999999Z", "datetime_out_of_range"),
        ("0001-01-01T00:00:00+23:59", "datetime_out_of_range"),
    ],
)
def test_numbers_and_the_ends_of_the_calendar_are_no_moments(given: object, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        MOMENT.validate_python(given)
    assert refusal.value.errors()[0]["type"] == code


def test_a_day_is_written_in_one_way() -> None:
    assert DAY.validate_python("2026-02-28") == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (0, "not_a_date"),
        ("0", "not_a_date"),
        (True, "not_a_date"),
        ("2026-3-1", "not_a_date"),
        ("2026-03-01T00:00:00Z", "not_a_date"),
        ("２０２６-03-01", "not_a_date"),
        ("2026-02-29", "date_from_datetime_parsing"),
        ("0001-01-01", "datetime_out_of_range"),
        ("9999-12-31", "datetime_out_of_range"),
    ],
)
def test_numbers_moments_and_the_ends_of_the_calendar_are_no_days(given: object, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        DAY.validate_python(given)
    assert refusal.value.errors()[0]["type"] == code
