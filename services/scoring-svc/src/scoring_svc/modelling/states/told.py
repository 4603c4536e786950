"""What an event tells of a customer; moments are microseconds since 1970 in UTC, money is in minor units."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Bought:
    """An order or, with `is_return`, a return; `amount` from 0 up."""

    at: int
    amount: int
    is_return: bool = False


@dataclass(frozen=True, slots=True)
class Complained:
    """A complaint of severity 1 to 4; `resolved` is None while it is open."""

    at: int
    severity: int
    resolved: int | None = None


@dataclass(frozen=True, slots=True)
class Talked:
    """A contact; `direction` is one of the DIRECTION_ codes of the facts."""

    at: int
    direction: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer from 1 to 5, and what it says of each part; None where it says nothing."""

    at: int
    score: float
    quality: float | None = None
    attitude: float | None = None
    delivery: float | None = None


@dataclass(frozen=True, slots=True)
class Broke:
    """A promise that broke; `settled` is None until it is kept or taken back."""

    at: int
    settled: int | None = None


@dataclass(frozen=True, slots=True)
class Referred:
    """Somebody whom the customer won for us ordered for the first time."""

    at: int


Told = Bought | Complained | Talked | Answered | Broke | Referred
