"""What is asked when: pure rules of a questionnaire."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.surveys import domain
from interaction_svc.surveys.schemas import SurveyDocument

from .steps import LONG, after, document, question, section


def whole(asked: dict[str, Any]) -> dict[str, Any]:
    return SurveyDocument.model_validate(asked).model_dump()


ASKED = whole(LONG)
LEAVES = domain.leaves(ASKED)


def codes(leaf: domain.Leaf) -> list[str]:
    return [each["code"] for each in leaf.questions]


def test_a_section_is_cut_where_a_question_hangs_on_one_of_the_same_page() -> None:
    assert [codes(leaf) for leaf in LEAVES] == [["attitude"], ["why"], ["parts"], ["slow"], ["recommend"]]
    independent = whole(document(section(question("a"), question("b", "text"), question("c", "nps"))))
    assert [codes(leaf) for leaf in domain.leaves(independent)] == [["a", "b", "c"]]


def test_each_comparison_asks_what_it_says() -> None:
    for op, value, yes, no in (
        ("eq", 3, 3, 4),
        ("ne", 3, 4, 3),
        ("lte", 2, 1, 3),
        ("gte", 4, 4, 3),
        ("includes", "x", ["y", "x"], ["y"]),
    ):
        hanging = {"code": "b", **after("a", op, value)}
        assert domain.shown(hanging, {"a": yes})
        assert not domain.shown(hanging, {"a": no})
        assert not domain.shown(hanging, {})


_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "attitude": st.integers(1, 5),
        "why": st.just("because"),
        "parts": st.lists(st.sampled_from(["price", "speed"]), min_size=1, unique=True),
        "slow": st.sampled_from(["days", "weeks"]),
        "recommend": st.integers(0, 10),
    },
)


@given(_ANSWERS)
def test_what_is_left_after_pruning_was_asked_and_pruning_again_changes_nothing(
    answers: dict[str, Any],
) -> None:
    kept = domain.pruned(ASKED, answers)
    asked = {each["code"] for leaf in LEAVES for each in domain.asked_on(leaf, kept)}
    assert kept.keys() == asked & answers.keys()
    assert domain.pruned(ASKED, kept) == kept
    assert list(kept) == [each["code"] for each in domain.questions_of(ASKED) if each["code"] in kept]


@given(_ANSWERS)
def test_walking_forward_and_back_passes_the_same_leaves(answers: dict[str, Any]) -> None:
    way: list[int] = []
    at = domain.next_leaf(LEAVES, -1, answers)
    while at is not None:
        way.append(at)
        at = domain.next_leaf(LEAVES, at, answers)
    back = [way[-1]]
    while (before := domain.leaf_before(LEAVES, back[-1], answers)) is not None:
        back.append(before)
    assert back == way[::-1]
    missing = domain.unanswered(LEAVES, answers)
    assert missing is None or missing in way


def test_numbers_are_rated_by_their_indicator_or_as_a_whole() -> None:
    assert [
        (each.question, each.kind, each.indicator, each.value)
        for each in domain.rated(ASKED, {"recommend": 9, "attitude": 2, "why": "x"})
    ] == [("attitude", "rating", "service_attitude", 2), ("recommend", "nps", "overall", 9)]


def test_only_what_the_rule_names_is_bad() -> None:
    rated = domain.rated(ASKED, {"recommend": 3, "attitude": 3})
    for rating, nps, bad in ((2, None, False), (3, None, True), (None, 3, True), (2, 2, False)):
        assert domain.is_bad(rated, {"rating_at_most": rating, "nps_at_most": nps}) is bad
