"""Which recommendation fits best, how sure a share is, and how facts are said."""

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring_svc.actions.domain import DEFAULTS, Rule, Stage, recommend
from scoring_svc.evidence.domain import SOURCES
from scoring_svc.modelling.lifecycle import STAGES
from scoring_svc.modelling.measures import _MEASURES
from scoring_svc.modelling.reasons import CODES
from scoring_svc.modelling.saying import Day, Number
from scoring_svc.warnings.domain import BY_ITSELF, leading, result_of
from scoring_svc.warnings.intervals import wilson
from scoring_svc.warnings.transitions import LIVE, STATUSES, TRANSITIONS, VERBS, transition

RHYTHM = {"code": "own_rhythm_broken", "category": "purchase", "kind": "signal", "weight": 1.2}
COMPLAINT = {"code": "complaint_open", "category": "complaint", "kind": "driver", "weight": 0.6}
QUIET = {"code": "contact_quiet", "category": "contact", "kind": "driver", "weight": 0.3}
OURS = tuple(DEFAULTS.values())


def score(*reasons: dict[str, Any], level: str = "high", tier: str = "core") -> dict[str, Any]:
    return {
        "churn_level": level,
        "tier": tier,
        "lifecycle_stage": "at_risk",
        "churn": {"reasons": list(reasons)},
    }


def rule(name: str, **fields: Any) -> Rule:
    return Rule(name, name, name, name, **fields)


@pytest.mark.parametrize(
    ("given_score", "action"),
    [
        (score(RHYTHM, COMPLAINT, QUIET), "resolve_complaint"),
        (score(RHYTHM), "remind_to_reorder"),
        (score(RHYTHM, level="low"), "none"),
        (score(RHYTHM, QUIET, level="low"), "call_customer"),
        (score(), "none"),
        (
            score({"code": "too_little_data", "category": "purchase", "kind": "signal"}, level="unknown"),
            "get_to_know",
        ),
    ],
)
def test_without_rules_of_the_company_drivers_go_before_signals(
    given_score: dict[str, Any], action: str
) -> None:
    assert recommend(OURS, given_score)["code"] == action


@pytest.mark.parametrize(
    ("own", "action"),
    [
        ((rule("urgent", tier="core", priority=1),), "urgent"),
        ((rule("urgent", tier="ordinary", priority=1),), "resolve_complaint"),
        ((rule("urgent", tier="core", priority=1, active=False),), "resolve_complaint"),
        ((rule("any", tier="core"),), "resolve_complaint"),
        ((rule("category", category="complaint"),), "resolve_complaint"),
        ((rule("narrow", reason="complaint_open", tier="core"),), "narrow"),
        ((rule("quiet", reason="contact_quiet", stage="at_risk", priority=2),), "quiet"),
        (
            (rule("category", category="complaint"), replace(DEFAULTS["complaint_open"], active=False)),
            "category",
        ),
    ],
)
def test_priority_wins_then_the_reason_then_what_names_more(own: tuple[Rule, ...], action: str) -> None:
    rules = {each.name: each for each in (*OURS, *own)}
    assert recommend(rules.values(), score(RHYTHM, COMPLAINT, QUIET))["code"] == action


@given(st.permutations([*OURS, rule("b", tier="core", priority=3), rule("a", tier="core", priority=3)]))
def test_the_order_of_rules_changes_nothing(rules: list[Rule]) -> None:
    assert recommend(rules, score(RHYTHM, COMPLAINT))["code"] == "a"


def test_every_reason_has_a_recommendation_a_measure_and_records() -> None:
    codes = {code.name for code in CODES}
    assert codes <= DEFAULTS.keys()
    assert codes == _MEASURES.keys() == SOURCES.keys()
    assert get_args(Stage) == STAGES


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share_and_narrows_with_what_is_known(hits: int, misses: int) -> None:
    total = hits + misses
    interval = wilson(hits, total)
    if total == 0:
        assert interval is None
        return
    assert interval is not None
    low, high = interval
    assert 0 <= low <= hits / total + 1e-12
    assert hits / total - 1e-12 <= high <= 1
    wider = wilson(hits, total)
    narrower = wilson(hits * 4, total * 4)
    assert wider is not None
    assert narrower is not None
    assert narrower[1] - narrower[0] < wider[1] - wider[0]


def test_wilsons_interval_is_the_published_one() -> None:
    low, high = wilson(81, 263) or (0.0, 0.0)  # Newcombe (1998), table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(
    ("number", "spec", "said"),
    [
        (1, "1 order|# orders", "1 order"),
        (2, "1 order|# orders", "2 orders"),
        (0, "no order|1 order|# orders", "no order"),
        (0, "1 order|# orders", "0 orders"),
        (1.0, "w", "1 week"),
        (9.14, "w", "9.1 weeks"),
        (11.0, "w", "11 weeks"),
        (0, "D", "today"),
        (1, "A", "1 day ago"),
        (19, "D", "19 days"),
        (2.5, ".2f", "2.50"),
    ],
)
def test_numbers_are_said_in_singular_and_plural(number: float, spec: str, said: str) -> None:
    assert format(Number(number), spec) == said


def test_days_are_said_as_people_say_them() -> None:
    day = Day(2026, 3, 3)
    assert (f"{day:en}", f"{day:zh}") == ("3 March 2026", "2026 年 3 月 3 日")
    assert f"{day:%Y}" == f"{date(2026, 3, 3):%Y}"


def test_every_live_warning_can_be_ended_and_no_closed_one_lives_again() -> None:
    for status in LIVE:
        assert transition(status, "conclude") is not None
        assert transition(status, "lapse") is not None
    assert {each.target for each in TRANSITIONS if each.source == "closed"} == {"closed"}
    assert {each.verb for each in TRANSITIONS} == set(VERBS)
    assert {each.target for each in TRANSITIONS} == set(STATUSES)


def test_what_the_system_says_by_itself_is_no_result() -> None:
    assert [result_of(each, by_people=False) for each in BY_ITSELF] == [None, None]
    assert result_of("not_at_risk", by_people=True) == "false_alarm"
    assert leading([RHYTHM, QUIET]) == "contact_quiet"
    assert leading([RHYTHM]) == "own_rhythm_broken"
    assert leading([]) is None
