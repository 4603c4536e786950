"""Statutory holidays and make-up workdays 调休 of a country, as far as they are published."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import holidays


class Statutory(NamedTuple):
    """A year of a country: the days off with their names, and the weekend days that are worked instead."""

    off: Mapping[date, str]
    worked: frozenset[date]


@lru_cache(maxsize=1024)
def statutory(country: str, subdivision: str | None, year: int) -> Statutory:
    """One year of a known country (see `known`); of a year that is not published yet only the fixed days."""
    found = holidays.country_holidays(country, subdiv=subdivision, years=year)
    off = {day: name for day, name in found.items() if day.year == year}
    worked = frozenset(day for day in found.weekend_workdays if day.year == year)
    return Statutory(off, worked)


@lru_cache(maxsize=1)
def _supported() -> Mapping[str, frozenset[str]]:
    return {code: frozenset(parts) for code, parts in holidays.list_supported_countries().items()}


def known(country: str, subdivision: str | None = None) -> bool:
    """Whether there are holidays of this country (ISO 3166-1 alpha-2) and this part of it."""
    parts = _supported().get(country)
    return parts is not None and (subdivision is None or subdivision in parts)
