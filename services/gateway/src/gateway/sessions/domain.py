"""Rules of signing in: when guessing is stopped, and what a used refresh token means."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

FREE_ATTEMPTS = 5
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


Method = Literal["password", "oidc"]
Program = Literal["wechat", "edge", "opera", "firefox", "chrome", "safari", "app", "script", "other"]
_MARKS: tuple[tuple[Program, tuple[str, ...]], ...] = (
    ("wechat", ("MicroMessenger/",)),
    ("edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("opera", ("OPR/",)),
    ("firefox", ("Firefox/", "FxiOS/")),
    ("chrome", ("Chrome/", "CriOS/")),
    ("safari", ("Safari/",)),
    ("app", ("okhttp/", "Dart/", "CFNetwork/")),
    ("script", ("curl/", "Wget/", "python", "node", "Go-http-client/", "PostmanRuntime/")),
)
"""Those that name themselves after others come first."""


def program_of(user_agent: str | None) -> Program:
    """The kind of program that a `User-Agent` speaks of; no more of it is kept."""
    said = (user_agent or "")[:1000]
    return next((kind for kind, marks in _MARKS if any(mark in said for mark in marks)), "other")


@dataclass(frozen=True, slots=True)
class Guard:
    """How often a name failed, and until when it may not try."""

    failed_count: int = 0
    last_failed_at: datetime | None = None
    locked_until: datetime | None = None


def seconds_locked(guard: Guard, now: datetime) -> int:
    """Whole seconds until the next attempt is heard; 0 when it is heard now."""
    if guard.locked_until is None or guard.locked_until <= now:
        return 0
    return math.ceil((guard.locked_until - now).total_seconds())


def counted(guard: Guard, now: datetime) -> Guard:
    """The guard with one more failure; from the fifth on each doubles the wait, up to 15 minutes."""
    forgotten = guard.last_failed_at is None or now - guard.last_failed_at > FORGOTTEN_AFTER
    failed = 1 if forgotten else guard.failed_count + 1
    if failed < FREE_ATTEMPTS:
        return Guard(failed, now, None)
    doubled: timedelta = FIRST_LOCK * 2 ** min(failed - FREE_ATTEMPTS, 16)
    return Guard(failed, now, now + min(doubled, LONGEST_LOCK))


class Presented(Enum):
    """What a presented refresh token turns out to be."""

    GOOD = "good"
    REUSED = "reused"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Chain:
    """What is known of a presented refresh token, its session and its person."""

    used: bool
    revoked: bool
    expires_at: datetime
    begun_at: datetime
    active: bool
    signed_out_at: datetime


def alive(chain: Chain, now: datetime) -> bool:
    """Whether the session stands: not revoked or expired, its person active and not signed out since."""
    return (
        not chain.revoked and chain.expires_at > now and chain.active and chain.begun_at > chain.signed_out_at
    )


def presented(chain: Chain, now: datetime) -> Presented:
    """A token that was used before is in two hands, so the whole family must go."""
    if chain.used:
        return Presented.REUSED
    return Presented.GOOD if alive(chain, now) else Presented.DEAD
