"""The formulas: what an interval covers, where they end, and which words are counted."""

import random
from collections import Counter
from fractions import Fraction
from math import comb, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interaction_svc.satisfaction import domain
from interaction_svc.satisfaction.words import most_used, words_in

_SCORES = st.lists(st.integers(0, 10), min_size=1, max_size=300)


def counted(scores: list[int]) -> tuple[int, int, int]:
    return sum(each >= 9 for each in scores), sum(each <= 6 for each in scores), len(scores)


@given(_SCORES)
def test_the_interval_of_the_score_is_that_of_the_mean_of_ones_and_minus_ones(scores: list[int]) -> None:
    worth = [(each >= 9) - (each <= 6) for each in scores]
    n = len(worth)
    mean = Fraction(sum(worth), n)
    variance = sum((each - mean) ** 2 for each in worth) / n
    half = 100 * domain.Z * sqrt(float(variance) / n)
    found = domain.nps_interval(*counted(scores))
    assert domain.nps(*counted(scores)) == pytest.approx(100 * float(mean))
    assert found.low == pytest.approx(max(-100, 100 * float(mean) - half))
    assert found.high == pytest.approx(min(100, 100 * float(mean) + half))


@given(_SCORES)
def test_the_score_lies_in_its_interval_and_turns_with_the_answers(scores: list[int]) -> None:
    promoters, detractors, n = counted(scores)
    found, score = domain.nps_interval(promoters, detractors, n), domain.nps(promoters, detractors, n)
    assert -100 <= found.low <= score + 1e-9
    assert score - 1e-9 <= found.high <= 100
    turned = domain.nps_interval(detractors, promoters, n)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))
    wider = domain.nps_interval(promoters, detractors, n)
    narrower = domain.nps_interval(4 * promoters, 4 * detractors, 4 * n)
    assert narrower.high - narrower.low <= wider.high - wider.low + 1e-9


def test_the_interval_of_the_score_covers_the_truth_about_as_often_as_it_says() -> None:
    chance, truth, n, runs = random.Random(20260301), 100 * (0.45 - 0.2), 200, 2000
    covered = 0
    for _ in range(runs):
        drawn = Counter(chance.choices(("promoter", "detractor", "passive"), (0.45, 0.2, 0.35), k=n))
        found = domain.nps_interval(drawn["promoter"], drawn["detractor"], n)
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / runs <= 0.97


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_ends_where_the_share_would_be_a_surprise(both: tuple[int, int]) -> None:
    """At its ends p satisfies (p̂ − p)² = z² p (1 − p) / n: it is the score test turned around."""
    part, n = both
    found = domain.wilson(part, n)
    assert 0 <= found.low <= part / n + 1e-12
    assert part / n - 1e-12 <= found.high <= 1
    for end in (found.low, found.high):
        if 0 < end < 1:
            assert (part / n - end) ** 2 == pytest.approx(domain.Z**2 * end * (1 - end) / n, abs=1e-9)


@pytest.mark.parametrize("truth", [0.5, 0.8, 0.95])
def test_wilson_covers_the_truth_about_as_often_as_it_says(truth: float) -> None:
    n = 60
    covered = sum(
        comb(n, part) * truth**part * (1 - truth) ** (n - part)
        for part in range(n + 1)
        if domain.wilson(part, n).low <= truth <= domain.wilson(part, n).high
    )
    assert 0.92 <= covered <= 0.98


def test_known_figures() -> None:
    found = domain.wilson(8, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.4902, 0.9433)
    assert domain.nps(50, 20, 100) == pytest.approx(30)
    assert [domain.index(mean) for mean in (1, 3, 5)] == [0, 50, 100]


def test_chinese_is_read_in_pairs_and_cut_at_what_only_holds_together() -> None:
    assert words_in("送货太慢了，包装很差！") == {"送货", "包装"}
    assert words_in("售后服务") == {"售后", "后服", "服务"}


def test_english_is_read_in_words_without_what_only_holds_together() -> None:
    found = words_in("The packaging was not GOOD, and delivery took 3 weeks")
    assert found == {"packaging", "good", "delivery", "took", "weeks"}


def test_a_word_counts_once_for_each_answer_and_not_when_one_alone_has_it() -> None:
    texts = ["delivery delivery delivery", "late delivery", "late", "call Zhang Wei 13912345678"]
    assert most_used(texts, 10) == [("delivery", 2), ("late", 2)]
    assert most_used(texts, 1) == [("delivery", 2)]
    assert most_used([], 5) == []
