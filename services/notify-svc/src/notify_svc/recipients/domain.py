"""Somebody who can be reached, and a day on which they are born."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from uuid import UUID

Kind = Literal["customer", "contact", "staff"]
Language = Literal["zh", "en"]


class Ref(NamedTuple):
    """Somebody by kind and id."""

    kind: Kind
    id: UUID


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody can be reached at this moment; personal data, so never stored, told or logged.

    `id` may differ from the one asked for: a merged customer is answered as who it is now. `identities` are
    external ids by channel.
    """

    id: UUID
    kind: Kind
    customer_id: UUID | None
    name: str
    email: str | None
    phone: str | None
    language: Language | None = None
    timezone: str | None = None
    owner_id: UUID | None = None
    distributor_id: UUID | None = None
    active: bool = True
    identities: Mapping[str, str] = field(default_factory=dict)


class BirthdayKey(NamedTuple):
    """A day of the year in one of the two calendars."""

    calendar: Literal["solar", "lunar"]
    month: int
    day: int
    leap: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody by ids, and the time zone of the customer as it was told; `key` is the day of a birthday."""

    ref: Ref
    customer_id: UUID
    owner_id: UUID | None
    distributor_id: UUID | None
    timezone: str | None
    key: BirthdayKey | None = None
