"""Which policy holds for a case, by what clock, and when whom to tell."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from interaction_svc.calendars.domain import Hours
from interaction_svc.sla.clock import WALL, CalendarClock
from interaction_svc.sla.domain import DEFAULT, SEVERITIES, Facts, Policy, Rules, Stage
from interaction_svc.sla.ticking import kind, ticking, to_tell

THEN = datetime(2026, 2, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = (*(((540, 720), (810, 1080)),) * 5, (), ())
OFFICE = CalendarClock(Hours(ZoneInfo("Asia/Shanghai"), WEEK, "CN"))
SHIFT = CalendarClock(Hours(ZoneInfo("Europe/London"), (((0, 1440),),) * 7))
TARGETS = {"high": {"first_answer": HOUR, "resolution": 8 * HOUR}}

PATIENT = settings(deadline=None)
"""The first deadline of a year reads the holidays of that year."""


def facts(**given: Any) -> Facts:
    usual = {"severity": "high", "category": "quality", "tier": None, "distributor_id": None}
    return Facts(**{**usual, "org_unit_id": None, **given})


def policy(**given: Any) -> Policy:
    return Policy(**{"id": uuid4(), "targets": TARGETS, **given})


def test_the_first_policy_that_covers_a_case_counts() -> None:
    core = policy(tiers=frozenset({"core"}))
    delivery = policy(categories=frozenset({"delivery"}))
    shop = UUID(int=7)
    shops = policy(distributor_ids=frozenset({shop}))
    rules = Rules([core, delivery, shops])
    assert rules.terms(facts(tier="core", category="delivery")).policy is core
    assert rules.terms(facts(category="delivery", distributor_id=shop)).policy is delivery
    assert rules.terms(facts(distributor_id=shop)).policy is shops
    assert rules.terms(facts()).policy is DEFAULT
    assert rules.terms(facts(tier="core", severity="low")).policy is DEFAULT


def test_a_policy_without_a_resolution_leaves_that_to_the_default() -> None:
    rules = Rules([policy(targets={"high": {"first_answer": HOUR}})])
    assert rules.terms(facts()).targets == {"first_answer": HOUR, "resolution": 48 * HOUR}


def test_a_case_counts_by_the_calendar_of_its_org_unit_else_of_the_company() -> None:
    unit, other = uuid4(), uuid4()
    rules = Rules([], {None: OFFICE, unit: SHIFT})
    assert rules.terms(facts(org_unit_id=unit)).clock is SHIFT
    assert rules.terms(facts(org_unit_id=other)).clock is OFFICE
    assert rules.terms(facts()).clock is OFFICE
    assert Rules().terms(facts(org_unit_id=unit)).clock is WALL
    around_the_clock = Rules([policy(working=False)], {None: OFFICE}).terms(facts())
    assert (around_the_clock.clock, around_the_clock.office) == (WALL, OFFICE)


chains = st.lists(st.integers(0, 3000), max_size=3).map(
    lambda minutes: tuple(Stage("lead", timedelta(minutes=each)) for each in sorted(minutes))
)
policies = st.builds(
    policy,
    targets=st.integers(1, 20_000).map(lambda minutes: {"high": {"resolution": timedelta(minutes=minutes)}}),
    chain=chains,
    warn_percent=st.integers(1, 99),
    working=st.booleans(),
    at_night=st.booleans(),
)
moments = st.integers(0, 330 * 24 * 60).map(lambda minutes: THEN + timedelta(minutes=minutes))
pauses = st.integers(0, 10_000).map(lambda minutes: timedelta(minutes=minutes))


@PATIENT
@given(policies, moments, pauses)
def test_alarms_follow_each_other_and_nobody_is_told_at_night(
    held: Policy, start: datetime, paused: timedelta
) -> None:
    terms = Rules([held], {None: OFFICE}).terms(facts())
    found = ticking(terms, "resolution", start, done_at=None, paused=paused)
    times = [alarm.at for alarm in found.alarms]
    assert times == sorted(times)
    assert len(times) == 2 + len(held.chain)
    assert [kind(place) for place in range(len(times))][:2] == ["warning", "breach"]
    assert start <= times[0] <= max(found.due_at, OFFICE.opening(found.due_at))
    if not held.at_night:
        assert all(OFFICE.opening(at) == at for at in times)
    elif not held.working:
        assert times[1] == found.due_at == start + held.targets["high"]["resolution"] + paused


@PATIENT
@given(policies, moments, pauses, pauses)
def test_a_longer_pause_never_means_an_earlier_alarm(
    held: Policy, start: datetime, one: timedelta, other: timedelta
) -> None:
    terms = Rules([held], {None: OFFICE}).terms(facts())
    early, late = (
        ticking(terms, "resolution", start, done_at=None, paused=pause).alarms
        for pause in sorted((one, other))
    )
    assert all(before.at <= after.at for before, after in zip(early, late, strict=True))


@PATIENT
@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=5).map(sorted),
    st.lists(st.integers(0, 60), max_size=8).map(sorted),
    st.none() | st.integers(0, 60),
)
def test_however_often_somebody_looks_each_alarm_is_told_once(
    minutes: list[int], looks: list[int], done: int | None
) -> None:
    times = [THEN + timedelta(minutes=each) for each in minutes]
    told: list[int] = []
    fired = 0
    for look in looks:
        over = done is not None and look >= done
        late = done is not None and done > minutes[1]
        if over and not (late and fired < 2):  # the database shows no such clock
            continue
        places = to_tell(times, fired=fired, done=over, now=THEN + timedelta(minutes=look))
        told += places
        fired = max(places.stop, fired)
    assert told == sorted(set(told))
    seen = [look for look in looks if done is None or look < done]
    last = max(seen, default=-1)
    assert all(minutes[place] < (last if place != 1 else max(looks)) for place in told)
    if done is None and minutes[1] < last:
        assert 1 in told


def test_every_severity_has_a_default() -> None:
    assert set(DEFAULT.targets) == set(SEVERITIES)


def test_work_begins_when_the_next_span_does() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    friday_evening = datetime(2026, 2, 13, 20, tzinfo=shanghai)
    assert OFFICE.opening(friday_evening) == datetime(2026, 2, 14, 9, tzinfo=shanghai)  # a make-up workday
    new_years_eve = datetime(2026, 2, 14, 18, tzinfo=shanghai)
    assert OFFICE.opening(new_years_eve) == datetime(2026, 2, 24, 9, tzinfo=shanghai)
    at_work = datetime(2026, 2, 24, 11, tzinfo=shanghai)
    assert OFFICE.opening(at_work) == at_work
    nobody = CalendarClock(Hours(ZoneInfo("UTC"), ((),) * 7))
    assert nobody.opening(at_work) == at_work
