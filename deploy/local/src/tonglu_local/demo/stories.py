"""Invented contacts and complaints that fit the buying history, so that reasons for leaving mean something.

The larger the customer, the more often it is called. Of the customers that have gone quiet, some were
forgotten, some do not answer, some were wronged and some are looked after all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Literal

from tonglu_local.demo import words
from tonglu_local.demo.customers import Customer

Care = Literal["tended", "forgotten", "unanswered", "wronged"]
_EVERY = ((Decimal(5000), 5), (Decimal(1500), 9), (Decimal(500), 16))
"""Spent at least so many GBP: a contact every so many weeks."""

_QUIET = timedelta(weeks=8)
_QUIET_GAPS = 2.5
_FATES: tuple[Care, ...] = ("forgotten", "unanswered", "wronged", "tended")
_FATE_WEIGHTS = (40, 20, 25, 15)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody talked to somebody."""

    customer: Customer
    at: datetime
    channel: str
    direction: str
    summary: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something went wrong; `resolved_at` None while it is open."""

    customer: Customer
    opened_at: datetime
    resolved_at: datetime | None
    category: str
    severity: str
    channel: str
    subject: str
    description: str
    result: str


@dataclass(frozen=True, slots=True)
class Story:
    """What happened around the purchases of one customer, oldest first."""

    contacts: Sequence[Contact]
    complaints: Sequence[Complaint]


def story(customer: Customer, *, until: datetime) -> Story:
    """The story of this customer up to a moment; the same every time."""
    chance = Random(f"story {customer.history.customer}")  # noqa: S311 - stories, not secrets
    care = _care(customer, until, chance)
    return Story(
        contacts=sorted(_contacts(customer, care, until, chance), key=lambda contact: contact.at),
        complaints=list(_complaints(customer, care, until, chance)),
    )


def _care(customer: Customer, until: datetime, chance: Random) -> Care:
    history = customer.history
    silence = until - history.last_at
    quiet = silence > max(_QUIET, (history.gap or _QUIET) * _QUIET_GAPS)
    return chance.choices(_FATES, _FATE_WEIGHTS)[0] if quiet else "tended"


def _contacts(customer: Customer, care: Care, until: datetime, chance: Random) -> Iterator[Contact]:
    weeks = next((each for least, each in _EVERY if customer.history.spent >= least), None)
    if weeks is None:
        return
    history = customer.history
    end = until if care == "tended" else history.last_at
    at = history.first_at + timedelta(days=chance.randrange(3, 20))
    while at < end - timedelta(days=2):
        yield _contact(customer, _office_hour(at, chance), chance)
        at += timedelta(weeks=weeks * chance.uniform(0.7, 1.4))
    if care == "unanswered":
        yield from _attempts(customer, until, chance)


def _contact(customer: Customer, at: datetime, chance: Random) -> Contact:
    channel, direction, summary = words.contact(chance, zh=customer.zh)
    return Contact(customer, at, channel, direction, summary)


def _attempts(customer: Customer, until: datetime, chance: Random) -> Iterator[Contact]:
    """We tried, in the weeks after the customer had gone quiet."""
    at = customer.history.last_at + timedelta(weeks=3)
    for _ in range(chance.randrange(2, 5)):
        at += timedelta(days=chance.randrange(4, 12))
        if at >= until:
            return
        summary = words.no_answer(chance, zh=customer.zh)
        yield Contact(customer, _office_hour(at, chance), "call", "outbound", summary)


def _complaints(customer: Customer, care: Care, until: datetime, chance: Random) -> Iterator[Complaint]:
    if care == "wronged" and customer.history.spent >= _EVERY[-1][0]:
        yield _wrong(customer, until, chance)
    elif care == "tended" and chance.random() < 0.05:  # noqa: PLR2004
        opened = _office_hour(customer.history.last_at + timedelta(days=chance.randrange(1, 6)), chance)
        resolved = opened + timedelta(days=chance.randrange(1, 6), hours=chance.randrange(5))
        if resolved < until:
            yield _complaint(customer, opened, resolved, chance.choice(("low", "normal")), chance)


def _wrong(customer: Customer, until: datetime, chance: Random) -> Complaint:
    """A complaint about the last purchase that was never settled, or took too long."""
    opened = _office_hour(customer.history.last_at + timedelta(days=chance.randrange(1, 15)), chance)
    opened = min(opened, until - timedelta(days=1))
    resolved = opened + timedelta(days=chance.randrange(20, 50))
    settled = resolved < until and chance.random() < 0.4  # noqa: PLR2004
    severity = chance.choice(("normal", "high", "high", "critical"))
    return _complaint(customer, opened, resolved if settled else None, severity, chance)


def _complaint(
    customer: Customer, opened: datetime, resolved: datetime | None, severity: str, chance: Random
) -> Complaint:
    category, subject, description, result = words.complaint(chance, zh=customer.zh)
    channel = chance.choice(("call", "email", "chat"))
    return Complaint(customer, opened, resolved, category, severity, channel, subject, description, result)


def _office_hour(at: datetime, chance: Random) -> datetime:
    """That day between nine and five."""
    return at.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(minutes=chance.randrange(480))
