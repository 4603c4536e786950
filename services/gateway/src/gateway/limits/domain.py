"""Rules of limits: a bucket that fills at a steady rate, a count for each day, and guesses at credentials.

Moments are whole microseconds since 1970, so that every decision is exact.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

ADDRESS = "address"
PARTNER = "partner"
PARTNER_TEST = "partner_test"
MOST_GUESSES = 20
GUESS_WINDOW = MINUTE

Limit = Literal["minute", "day"]


@dataclass(frozen=True, slots=True)
class Plan:
    """So many requests a minute at a steady rate, at most `burst` at once, and so many a day (UTC)."""

    code: str
    requests_per_minute: int
    burst: int
    requests_per_day: int | None = None

    @property
    def interval(self) -> int:
        """The time in which one request's room comes back."""
        return -(-MINUTE // self.requests_per_minute)

    @property
    def generosity(self) -> tuple[int, float, int]:
        """What makes one plan better than another."""
        return (
            self.requests_per_minute,
            float("inf") if self.requests_per_day is None else self.requests_per_day,
            self.burst,
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """What somebody has used: the bucket is full again at `full_at`, and `used` counts on `day` (since 1970).

    This is the generic cell rate algorithm (ITU-T I.371): one moment says it all.
    """

    full_at: int = 0
    day: int = 0
    used: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands with a plan.

    `left` requests pass at once, and all of the burst again in `full_in` seconds; `left_today` of the day
    (None: the plan counts no days), which ends in `day_ends_in` seconds. `over` names the limit that lets
    nothing pass now, and `wait` the whole seconds until something does.
    """

    left: int
    full_in: int
    left_today: int | None
    day_ends_in: int
    over: Limit | None = None
    wait: int = 0


SEEDS = {
    plan.code: plan
    for plan in (
        Plan("admin", 6000, 1000, 1_000_000),
        Plan("manager", 1200, 200, 200_000),
        Plan("sales", 1200, 200, 100_000),
        Plan("service", 1200, 200, 100_000),
        Plan("analyst", 1200, 200, 100_000),
        Plan(PARTNER, 600, 100, 50_000),
        Plan(PARTNER_TEST, 120, 40, 5_000),
        Plan(ADDRESS, 600, 200),
    )
}
"""The plans of roles, partners and addresses, as they are first made: to be changed, never taken away."""


def most_generous(plans: Collection[Plan]) -> Plan:
    """The best of several plans; ValueError without any."""
    return max(plans, key=lambda plan: plan.generosity)


def spent(bucket: Bucket, plan: Plan, now: int, count: int = 1) -> Bucket:
    """The bucket after so many more requests.

    What was used beyond the plan (by a report that came late) is paid back for a minute at most.
    """
    full_at = max(bucket.full_at, now) + count * plan.interval
    day = now // DAY
    before = bucket.used if bucket.day == day else 0
    return Bucket(min(full_at, latest_full(plan, now)), day, before + count)


def latest_full(plan: Plan, now: int) -> int:
    """The latest moment at which a bucket may be full again, whatever was used."""
    return now + plan.burst * plan.interval + MINUTE


def believable(bucket: Bucket, plan: Plan, now: int) -> Bucket:
    """The bucket after the clock was put back: nobody waits for a moment that was never to come."""
    day = now // DAY
    used = bucket.used if bucket.day <= day else 0
    return Bucket(min(bucket.full_at, latest_full(plan, now)), min(bucket.day, day), used)


def standing(bucket: Bucket, plan: Plan, now: int) -> Standing:
    """How the bucket stands now; nothing is used by looking."""
    away = max(0, bucket.full_at - now)
    depth = plan.burst * plan.interval
    left = max(0, (depth - away) // plan.interval)
    day_ends_in = _seconds(DAY - now % DAY)
    left_today = None
    if plan.requests_per_day is not None:
        used = bucket.used if bucket.day == now // DAY else 0
        left_today = max(0, plan.requests_per_day - used)
    if left_today == 0:
        return Standing(left, _seconds(away), 0, day_ends_in, "day", day_ends_in)
    if left == 0:
        wait = _seconds(away - depth + plan.interval)
        return Standing(0, _seconds(away), left_today, day_ends_in, "minute", wait)
    return Standing(left, _seconds(away), left_today, day_ends_in)


def settled(stored: Bucket, mine: Bucket, plan: Plan, count: int, now: int) -> Bucket:
    """Two views of the same use joined: `stored` lacks `count` requests of `mine`, and may have others'.

    Never more than was used by both together, and never less than either knows: a replica alone gets its own
    view back.
    """
    full_at = max(stored.full_at + count * plan.interval, mine.full_at)
    full_at = min(full_at, latest_full(plan, now))
    if stored.day == mine.day:
        return Bucket(full_at, mine.day, stored.used + min(count, mine.used))
    newer = max(stored, mine, key=lambda bucket: bucket.day)
    return Bucket(full_at, newer.day, newer.used)


def recent(failures: Iterable[int], now: int) -> tuple[int, ...]:
    """The failures that still count, oldest first, and never more than decide."""
    return tuple(sorted(moment for moment in failures if moment > now - GUESS_WINDOW))[-MOST_GUESSES:]


def guesses_wait(failures: Collection[int], now: int) -> int:
    """Whole seconds until another guess is heard; 0 when it is heard now. `failures` are the recent ones."""
    if len(failures) < MOST_GUESSES:
        return 0
    return max(1, _seconds(min(failures) + GUESS_WINDOW - now))


def policy(plan: Plan) -> str:
    """`RateLimit-Policy`: a list of the plan's limits (RFC 9651, draft-ietf-httpapi-ratelimit-headers)."""
    minute = f'"minute";q={plan.requests_per_minute};w=60;burst={plan.burst}'
    return minute if plan.requests_per_day is None else f'{minute}, "day";q={plan.requests_per_day};w=86400'


def remaining(stands: Standing) -> str:
    """`RateLimit`: what is left of each limit, and in how many seconds it is whole again."""
    minute = f'"minute";r={stands.left};t={stands.full_in}'
    if stands.left_today is None:
        return minute
    return f'{minute}, "day";r={stands.left_today};t={stands.day_ends_in}'


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND)
