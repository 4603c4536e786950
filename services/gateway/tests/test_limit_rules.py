"""The rules of limits, without a database: buckets, days, two views joined, and what the headers say."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import domain
from gateway.limits.addresses import Subjects
from gateway.limits.domain import DAY, GUESS_WINDOW, MINUTE, SECOND, Bucket, Plan
from gateway.limits.ledger import Ledger

NOON = 20_000 * DAY + DAY // 2
PLANS = st.builds(
    Plan,
    st.just("any"),
    st.integers(1, 100_000),
    st.integers(1, 500),
    st.none() | st.integers(1, 2_000),
)
WAITS = st.lists(st.integers(0, 5 * SECOND), min_size=1, max_size=200)
VIEWS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 3 * SECOND))
SUBJECT = Subjects(b"pepper").address("192.0.2.7")


def let_in(plan: Plan, waits: list[int], start: int = NOON) -> list[int]:
    """The moments at which somebody who asks after each wait is let in."""
    bucket, now, found = Bucket(), start, []
    for wait in waits:
        now += wait
        if domain.standing(bucket, plan, now).over is None:
            bucket = domain.spent(bucket, plan, now)
            found.append(now)
    return found


@given(PLANS)
def test_at_once_exactly_the_burst_passes(plan: Plan) -> None:
    most = min(plan.burst, plan.requests_per_day or plan.burst)
    assert len(let_in(plan, [0] * (plan.burst + 5))) == most


@given(PLANS, WAITS)
def test_within_any_time_no_more_passes_than_the_burst_and_what_came_back(
    plan: Plan, waits: list[int]
) -> None:
    moments = let_in(plan, waits)
    for first, begin in enumerate(moments):
        for last in range(first, len(moments)):
            came_back = (moments[last] - begin) // plan.interval
            assert last - first + 1 <= plan.burst + came_back


@given(PLANS, WAITS)
def test_no_more_passes_in_a_day_than_the_plan_says(plan: Plan, waits: list[int]) -> None:
    moments = let_in(plan, waits)
    if plan.requests_per_day is not None:
        for day in {moment // DAY for moment in moments}:
            assert sum(moment // DAY == day for moment in moments) <= plan.requests_per_day


@given(PLANS, WAITS, st.integers(0, 50))
def test_whoever_waits_as_told_is_let_in(plan: Plan, waits: list[int], reported: int) -> None:
    now = NOON + sum(waits)
    bucket = Bucket()
    for moment in let_in(plan, waits):
        bucket = domain.spent(bucket, plan, moment)
    bucket = domain.spent(bucket, plan, now, reported)
    stands = domain.standing(bucket, plan, now)
    if stands.over is not None:
        later = domain.standing(bucket, plan, now + stands.wait * SECOND)
        assert later.over is None or (stands.over, later.over) == ("minute", "day")
        assert stands.over == "day" or stands.wait <= 60 + plan.interval // SECOND + 1


@given(PLANS, WAITS)
def test_what_is_told_to_be_left_does_pass(plan: Plan, waits: list[int]) -> None:
    bucket = Bucket()
    for moment in let_in(plan, waits):
        bucket = domain.spent(bucket, plan, moment)
    now = NOON + sum(waits)
    stands = domain.standing(bucket, plan, now)
    passing = min(stands.left, stands.left if stands.left_today is None else stands.left_today)
    for _ in range(passing):
        assert domain.standing(bucket, plan, now).over is None
        bucket = domain.spent(bucket, plan, now)
    assert domain.standing(bucket, plan, now).over is not None


@given(PLANS, st.integers(0, 3 * MINUTE), st.integers(1, 600))
def test_a_bucket_is_full_when_it_said(plan: Plan, ago: int, count: int) -> None:
    bucket = domain.spent(Bucket(), plan, NOON - ago, count)
    stands = domain.standing(bucket, plan, NOON)
    assert domain.standing(bucket, plan, NOON + stands.full_in * SECOND).left == plan.burst


def settle(mine: Bucket, plan: Plan, stored: Bucket, count: int, now: int) -> tuple[Bucket, Bucket]:
    """What is stored after one replica told `count` requests, and what the replica believes then."""
    stored = domain.settled(stored, mine, plan, count, now)
    return stored, domain.settled(stored, mine, plan, 0, now)


@given(PLANS, WAITS)
def test_a_replica_alone_gets_its_own_view_back(plan: Plan, waits: list[int]) -> None:
    mine, stored, now = Bucket(), Bucket(), NOON
    for wait in waits:
        now += wait
        mine = domain.spent(mine, plan, now)
        stored, believed = settle(mine, plan, stored, 1, now)
        assert believed == mine == stored


@given(PLANS, st.lists(VIEWS, min_size=1, max_size=20))
def test_replicas_together_forget_nothing_and_count_nothing_twice(
    plan: Plan, steps: list[tuple[int, int, int]]
) -> None:
    stored, views, truth, now = Bucket(), [Bucket(), Bucket()], Bucket(), NOON
    for one, other, wait in steps:
        now += wait
        for place, count in enumerate((one, other)):
            if count:
                views[place] = domain.spent(views[place], plan, now, count)
                truth = domain.spent(truth, plan, now, count)
            stored, views[place] = settle(views[place], plan, stored, count, now)
        assert stored.used == truth.used or stored == Bucket()
        assert max(view.full_at for view in views) <= stored.full_at <= truth.full_at
    views = [domain.settled(stored, view, plan, 0, now) for view in views]
    assert views == [stored, stored]


def test_two_replicas_that_spend_at_the_same_moment_add_up() -> None:
    plan = Plan("any", 60, 10)
    mine, other = (domain.spent(Bucket(), plan, NOON, 5) for _ in range(2))
    stored, _ = settle(mine, plan, Bucket(), 5, NOON)
    stored, believed = settle(other, plan, stored, 5, NOON)
    assert domain.standing(believed, plan, NOON).over == "minute"
    assert stored.used == 10


def test_what_was_over_the_plan_is_paid_back_for_a_minute_at_most() -> None:
    plan = Plan("any", 60, 10)
    stands = domain.standing(domain.spent(Bucket(), plan, NOON, 100_000), plan, NOON)
    assert (stands.over, stands.wait) == ("minute", 61)


def test_a_day_ends_at_midnight_utc() -> None:
    plan = Plan("any", 60_000, 100, 3)
    late = 20_000 * DAY - 2 * SECOND
    ledger = Ledger()
    assert [ledger.take(SUBJECT, plan, late)[0] for _ in range(4)] == [True, True, True, False]
    admitted, stands = ledger.take(SUBJECT, plan, late)
    assert (admitted, stands.over, stands.wait) == (False, "day", 2)
    assert ledger.take(SUBJECT, plan, late + 2 * SECOND)[0]


def test_a_clock_that_is_put_back_shuts_nobody_out_for_long() -> None:
    plan = Plan("any", 60, 2, 2)
    ledger = Ledger()
    for _ in range(3):
        ledger.take(SUBJECT, plan, NOON + 7 * DAY)
    ledger.take(SUBJECT, plan, NOON)
    assert ledger.take(SUBJECT, plan, NOON + 2 * MINUTE)[0]


def test_a_ledger_lets_go_of_who_was_not_seen_for_long_and_owes_nothing() -> None:
    plan, ledger = Plan("any", 60, 5), Ledger(most=2)
    names = [Subjects(b"pepper").address(f"192.0.2.{last}") for last in range(4)]
    for name in names:
        ledger.take(name, plan, NOON)
    owed = ledger.owed(10)
    assert owed.keys() == set(names)
    ledger.settle(owed, {name: each.bucket for name, each in owed.items()}, NOON)
    for name in names[2:]:
        ledger.look(name, plan, NOON)
    ledger.take(Subjects(b"pepper").address("192.0.2.9"), plan, NOON)
    assert ledger.look(names[3], plan, NOON)[1].left == 4
    assert ledger.look(names[0], plan, NOON)[1].left == 5


@given(st.lists(st.integers(0, 3 * GUESS_WINDOW), max_size=60))
def test_no_more_failures_count_than_decide_and_none_longer_than_a_minute(moments: list[int]) -> None:
    now = 3 * GUESS_WINDOW
    kept = domain.recent(moments, now)
    assert len(kept) <= domain.MOST_GUESSES
    assert list(kept) == sorted(kept)
    wait = domain.guesses_wait(kept, now)
    assert (wait > 0) == (len([moment for moment in moments if moment > now - GUESS_WINDOW]) >= 20)
    later = now + wait * SECOND
    assert domain.guesses_wait(domain.recent(kept, later), later) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("no:address", "no:other", False),
        (None, "", True),
    ],
)
def test_an_address_counts_as_its_network(one: str | None, other: str, *, same: bool) -> None:
    subjects = Subjects(b"pepper")
    assert (subjects.address(one) == subjects.address(other)) == same
    assert subjects.address(one) != subjects.guessing_address(one)
    assert subjects.address(one) != Subjects(b"another").address(one)


def structured(text: str) -> list[tuple[str, dict[str, int]]]:
    """An RFC 9651 list of strings with integer parameters; fails for anything else."""
    member = re.compile(r'"(?P<name>[ !#-\[\]-~]*)"(?P<parameters>(?:;[a-z*][a-z0-9_.*-]*=-?\d{1,15})*)')
    found = []
    for part in re.split(r",[ \t]*", text):
        match = member.fullmatch(part)
        assert match, part
        pairs = [pair.split("=") for pair in match["parameters"].split(";")[1:]]
        found.append((match["name"], {name: int(value) for name, value in pairs}))
    return found


@given(PLANS, st.integers(0, 3_000))
def test_headers_are_structured_fields_that_tell_what_is_so(plan: Plan, count: int) -> None:
    bucket = domain.spent(Bucket(), plan, NOON, count)
    stands = domain.standing(bucket, plan, NOON)
    policy: dict[str, Any] = dict(structured(domain.policy(plan)))
    left: dict[str, Any] = dict(structured(domain.remaining(stands)))
    assert policy["minute"] == {"q": plan.requests_per_minute, "w": 60, "burst": plan.burst}
    assert left["minute"] == {"r": stands.left, "t": stands.full_in}
    assert policy.keys() == left.keys() == ({"minute", "day"} if plan.requests_per_day else {"minute"})
    if plan.requests_per_day:
        assert policy["day"] == {"q": plan.requests_per_day, "w": 86_400}
        assert left["day"] == {"r": max(0, plan.requests_per_day - count), "t": 43_200}
    assert max(len(domain.policy(plan)), len(domain.remaining(stands))) <= 200
