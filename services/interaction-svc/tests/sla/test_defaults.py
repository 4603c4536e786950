"""Deadlines of the default policy."""

from datetime import UTC, datetime, timedelta

import pytest

from interaction_svc.complaints.transitions import DONE, STATUSES
from interaction_svc.sla import ticking
from interaction_svc.sla.clock import WALL
from interaction_svc.sla.domain import NO_RULES, SEVERITIES, Facts, sla_state, step_due

THEN = datetime(2026, 2, 16, 9, tzinfo=UTC)
ONE = timedelta(microseconds=1)


def resolution_due(severity: str, paused: timedelta = timedelta(0)) -> datetime:
    terms = NO_RULES.terms(Facts(severity, "quality", None, None, None))
    return ticking.due(terms, "resolution", THEN, paused)


def test_the_hours_are_those_in_the_documentation() -> None:
    hours = {severity: resolution_due(severity) - THEN for severity in SEVERITIES}
    told = {"critical": 24, "high": 48, "normal": 120, "low": 240}
    assert hours == {severity: timedelta(hours=count) for severity, count in told.items()}


@pytest.mark.parametrize("severity", SEVERITIES)
def test_no_step_of_an_open_complaint_lasts_longer_than_its_resolution(severity: str) -> None:
    due = resolution_due(severity)
    for status in ("received", "classified", "investigating", "resolving", "mediation"):
        for late in (0, 10, 1000):
            step = step_due(WALL, status, THEN + timedelta(hours=late), severity, due)
            assert step is not None
            assert step <= due
    assert step_due(WALL, "closed", THEN, severity, due) is None
    for status in ("waiting_customer", "resolved", "informed"):
        own = step_due(WALL, status, due, severity, due)
        assert own is not None
        assert own > due
    assert {status for status in STATUSES if step_due(WALL, status, THEN, severity, due)} == {*STATUSES} - {
        *DONE
    }


def test_a_harder_complaint_is_never_due_later() -> None:
    order = ("critical", "high", "normal", "low")
    dues = [resolution_due(severity) for severity in order]
    assert dues == sorted(dues)


def test_the_last_moment_is_still_in_time() -> None:
    due = resolution_due("high")
    assert sla_state(due, None, None, now=due) == "running"
    assert sla_state(due, None, None, now=due + ONE) == "breached"
    assert sla_state(due, due, None, now=due + ONE) == "met"
    assert sla_state(due, due + ONE, None, now=due + ONE) == "breached"


def test_a_clock_that_stands_still_is_not_late_unless_it_was_before() -> None:
    due = resolution_due("high")
    assert sla_state(due, None, due, now=due + timedelta(days=9)) == "paused"
    assert sla_state(due, None, due + ONE, now=due + ONE) == "breached"
    assert resolution_due("high", timedelta(days=9)) == due + timedelta(days=9)
