"""May it leave now? The rules, for every moment: what is allowed is allowed, what is named comes true."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from notify_svc.preferences.domain import (
    Cap,
    Contact,
    Policy,
    Sending,
    Window,
    Wishes,
    judge,
    together,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Auckland")
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
WINDOWS = st.builds(Window, CLOCKS, CLOCKS).filter(lambda window: window.start != window.end)
MOMENTS = st.integers(0, 365 * 24 * 4).map(lambda quarters: NOON + timedelta(minutes=15 * quarters))


def policy(**given):
    rules = {
        "needs_consent": frozenset({("marketing", "email")}),
        "quiet": Window(time(21), time(8)),
        "windows": {"sms": Window(time(9), time(20))},
        "caps": (Cap(2, 7, "marketing"),),
        "always": frozenset({"transactional"}),
        "timezone": "Asia/Shanghai",
    }
    return Policy(**{**rules, **given})


def sending(purpose="service", channel="email", zone=None):
    return Sending(UUID(int=9), UUID(int=1), purpose, channel, zone)


def test_what_a_customer_refused_is_never_sent_whatever_else_holds():
    granted = {("marketing", "email"): "granted"}
    silent = Wishes(consents=granted, silent={"*": None})
    verdict = judge(sending("transactional"), policy(), silent, [], NOON)
    assert (verdict.allowed, verdict.rule, verdict.not_before) == (False, "do_not_contact", None)
    withdrawn = Wishes(consents={("care", "email"): "withdrawn"})
    assert judge(sending("care"), policy(), withdrawn, [], NOON).rule == "consent_withdrawn"
    assert judge(sending("marketing"), policy(), Wishes(), [], NOON).rule == "consent_missing"
    assert judge(sending("marketing"), policy(), Wishes(consents=granted), [], NOON).allowed
    until = NOON + timedelta(days=3)
    assert judge(sending(), policy(), Wishes(silent={"email": until}), [], NOON).not_before == until
    assert judge(sending(), policy(), Wishes(silent={"sms": None}), [], NOON).allowed


def test_at_night_it_waits_for_the_morning_where_the_recipient_is():
    night = datetime(
        2026, 3, 2, 14, tzinfo=UTC
    )  # ten in the evening in Shanghai, two in the afternoon in London
    verdict = judge(sending(), policy(), Wishes(), [], night)
    assert (verdict.rule, verdict.not_before) == ("quiet_hours", datetime(2026, 3, 3, 0, tzinfo=UTC))
    assert judge(sending(zone="Europe/London"), policy(), Wishes(), [], night).allowed
    assert judge(sending(zone="Europe/London"), policy(), Wishes(timezone="Asia/Shanghai"), [], night).rule
    assert judge(sending("transactional"), policy(), Wishes(), [], night).allowed


def test_a_window_begins_after_quiet_hours_have_ended():
    night = datetime(2026, 3, 2, 14, tzinfo=UTC)
    verdict = judge(sending(channel="sms"), policy(), Wishes(), [], night)
    assert (verdict.rule, verdict.not_before) == ("quiet_hours", datetime(2026, 3, 3, 1, tzinfo=UTC))


def test_caps_count_everything_that_left_and_free_themselves():
    granted = Wishes(consents={("marketing", "email"): "granted"})
    left = [
        Contact(NOON - timedelta(days=days), "marketing", channel)
        for days, channel in ((6, "sms"), (1, "email"))
    ]
    verdict = judge(sending("marketing"), policy(), granted, left, NOON)
    assert (verdict.rule, verdict.not_before) == ("frequency_cap", NOON + timedelta(days=1))
    assert judge(sending("service"), policy(), granted, left, NOON).allowed
    assert judge(sending("marketing"), policy(), granted, left[:1], NOON).allowed


@settings(max_examples=300)
@given(
    MOMENTS,
    st.sampled_from(ZONES),
    st.none() | WINDOWS,
    st.none() | WINDOWS,
    st.lists(st.builds(Contact, MOMENTS, st.just("service"), st.just("sms")), max_size=6),
)
def test_what_is_allowed_lies_inside_every_rule_and_what_is_named_comes_true(now, zone, quiet, window, left):
    rules = policy(quiet=quiet, windows={"sms": window} if window else {}, caps=(Cap(2, 3),), timezone=zone)
    left = [each for each in left if each.at <= now]
    verdict = judge(sending(channel="sms"), rules, Wishes(), left, now)
    if verdict.allowed:
        local = now.astimezone(ZoneInfo(zone)).time()
        assert quiet is None or not quiet.holds(local)
        assert window is None or window.holds(local)
        assert sum(each.at > now - timedelta(days=3) for each in left) < 2
        return
    assert verdict.not_before > now
    later = judge(sending(channel="sms"), rules, Wishes(), left, verdict.not_before)
    if later.allowed:
        just_before = judge(
            sending(channel="sms"), rules, Wishes(), left, verdict.not_before - timedelta(seconds=1)
        )
        assert not just_before.allowed


def test_of_merged_customers_the_stricter_word_counts():
    one = Wishes(consents={("care", "sms"): "granted"}, silent={"sms": NOON}, timezone="Asia/Shanghai")
    other = Wishes(consents={("care", "sms"): "withdrawn"}, silent={"sms": None, "email": NOON})
    for order in ([one, other], [other, one]):
        both = together(order)
        assert both.consents == {("care", "sms"): "withdrawn"}
        assert both.silent == {"sms": None, "email": NOON}
