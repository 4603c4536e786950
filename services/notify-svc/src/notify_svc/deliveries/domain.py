"""What is sent of an event, to whom it may go, and when it is tried again."""

import json
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from uuid import UUID

from notify_svc.webhooks.domain import CHUNKS, PERMISSION, TEST, matches

State = Literal["waiting", "delivered", "failed", "skipped"]

SECONDS = 15.0
WAITS: Sequence[float] = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Before each attempt, in seconds after the one before."""
JITTER = 0.2
MOST_RETRY_AFTER = timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(days=5)
MOMENTARY, MOST_PAUSE = 5.0, 60.0
TOO_MANY, UNAVAILABLE, GONE = 429, 503, 410
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Listener:
    """A webhook as far as it decides what it hears; `seen` are a partner's distributors (None: all)."""

    id: UUID
    patterns: tuple[str, ...]
    permissions: frozenset[str] | None
    seen: frozenset[UUID] | None
    enabled: bool = True

    def may_have(self, kind: str) -> bool:
        """Whether its maker may have events of this type."""
        needed = PERMISSION.get(kind)
        if kind == TEST:
            return True
        return needed is not None and (self.permissions is None or needed in self.permissions)

    def hears(self, kind: str) -> bool:
        """Whether it wants events of this type, and may have them."""
        return self.may_have(kind) and any(matches(pattern, kind) for pattern in self.patterns)


def concerns(seen: AbstractSet[UUID] | None, kind: str, event: Any) -> bool:
    """Whether anything of an event is about the distributors in sight; the company sees everybody's."""
    if seen is None:
        return True
    field = CHUNKS.get(kind)
    if field is None:
        return event.distributor_id in seen
    return any(item.distributor_id in seen for item in getattr(event, field))


def cut(kind: str, data: str, distributor_id: UUID | None, seen: AbstractSet[UUID] | None) -> str | None:
    """The JSON of an event as this webhook may have it now; None if nothing of it is in sight.

    Of a chunk the items of others are left out, and the distributor of the whole is that of no item.
    """
    if seen is None or kind == TEST:
        return data
    field = CHUNKS.get(kind)
    if field is None:
        return data if distributor_id in seen else None
    whole = json.loads(data)
    ours = set(map(str, seen))
    items = [item for item in whole[field] if item["distributor_id"] in ours]
    if len(items) == len(whole[field]):
        return data
    home = whole["distributor_id"] if whole["distributor_id"] in ours else None
    return _encode({**whole, "distributor_id": home, field: items}) if items else None


def body_of(kind: str, occurred_at: datetime, data: str) -> bytes:
    """The bytes that are sent and signed."""
    moment = occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f'{{"type":"{kind}","timestamp":"{moment}","data":{data}}}'.encode()


def message_id(delivery_id: UUID) -> str:
    """The value of `webhook-id`: the same for every attempt of a delivery."""
    return f"msg_{delivery_id.hex}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; `reason` is None when it arrived. `retry_after` is in seconds."""

    delivery_id: UUID
    started_at: datetime
    duration_ms: int
    status: int | None
    reason: str | None
    answer: bytes | None = None
    retry_after: float | None = None


def reason_of(status: int) -> str | None:
    """Why an answer is no success; None for 2xx."""
    if 200 <= status < 300:  # noqa: PLR2004
        return None
    return "redirected" if 300 <= status < 400 else "bad_status"  # noqa: PLR2004


def asked_to_wait(status: int, retry_after: str | None, now: datetime) -> float | None:
    """The seconds that a 429 or 503 asks to wait, a day at most; None if it does not, or strangely."""
    if status not in (TOO_MANY, UNAVAILABLE) or retry_after is None:
        return None
    text = retry_after.strip()
    most = MOST_RETRY_AFTER.total_seconds()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), most)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), most)


def next_wait(tries: int, retry_after: float | None, chance: float) -> float | None:
    """Seconds until the next attempt after `tries` of them failed; None: that was the last.

    `chance` is from 0 to 1 and moves the wait by a fifth either way; what the other side asked is the least.
    """
    if tries >= len(WAITS):
        return None
    wait = WAITS[tries] * (1 - JITTER + 2 * JITTER * chance)
    return max(wait, retry_after or 0.0)


def first_failure(failing_since: datetime | None, outcomes: Collection[Outcome]) -> datetime | None:
    """Since when nothing has arrived, once these attempts are counted, too; None: something does."""
    last: datetime | None = failing_since
    for each in sorted(outcomes, key=lambda outcome: outcome.started_at):
        last = None if each.reason is None else last or each.started_at
    return last


def pause(failing_since: datetime | None, now: datetime) -> float:
    """For how many seconds one that fails is left alone before the next message tries it: a minute at most.

    A tenth of the time for which it has failed, and nothing for a failure of a moment: however much waits,
    it tries the other side no more often, and does not use up its attempts meanwhile.
    """
    if failing_since is None or (failed := (now - failing_since).total_seconds()) < MOMENTARY:
        return 0.0
    return min(max(failed / 10, 1.0), MOST_PAUSE)


def given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether nothing has arrived for so long that nobody seems to listen."""
    return failing_since is not None and now - failing_since >= GIVEN_UP_AFTER


def plain(event: Mapping[str, Any]) -> str:
    """A value as the JSON that is stored and sent."""
    return _encode(dict(event))
