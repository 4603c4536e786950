"""Scores are the same alone as in bulk, blind to the future, and speak in facts."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.facts import record
from scoring_svc.modelling.levels import HIGH, LOW, UNKNOWN
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.percentiles import Percentiles
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.reasons import CODES, NO_CODE, supported
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import rank, score

NOON = np.datetime64("2024-09-01T12:00", "us")


def numbers(document):
    """Every number of a nested document by its path."""
    flat = {}
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        if isinstance(value, dict | list | tuple):
            flat.update({f"{key}.{path}": found for path, found in numbers(value).items()})
        else:
            flat[str(key)] = value
    return flat


def assert_same(one, other):
    mine, theirs = numbers(one.to_document()), numbers(other.to_document())
    assert mine.keys() == theirs.keys()
    for path, value in mine.items():
        if isinstance(value, float):
            assert value == pytest.approx(theirs[path], rel=1e-9, abs=1e-9), path
        else:
            assert value == theirs[path], path


@settings(max_examples=30, deadline=None)
@given(index=st.integers(0, 999), days=st.integers(-200, 200))
def test_a_customer_alone_is_scored_as_among_others(world, index, days):
    moment = world.as_of + np.timedelta64(days, "D")
    together = world.score(world.facts.between(0, 1000), moment)
    alone = world.score(world.facts.between(index, index + 1), moment)
    assert_same(score_of(alone, 0), score_of(together, index))


def test_later_rows_change_neither_model_nor_grids_nor_scores(world):
    cut = world.facts.as_of(world.as_of)
    assert len(cut.orders.ts) < len(world.facts.orders.ts)
    model = learn(cut, world.as_of, horizon_weeks=4)
    assert model.to_document() == world.model.to_document()
    assert rank(cut, model, world.policy, world.as_of).to_document() == world.grids.to_document()
    one, other = world.score(cut), world.score(world.facts)
    for index in range(0, 1000, 41):
        assert score_of(one, index) == score_of(other, index)


def test_everything_stored_survives_its_document(world):
    stored = [
        json.loads(json.dumps(value.to_document())) for value in (world.model, world.policy, world.grids)
    ]
    model, policy = ScoringModel.from_document(stored[0]), Policy.from_document(stored[1])
    again = score(world.facts, model, policy, Percentiles.from_document(stored[2]), world.as_of)
    first = world.score(world.facts)
    for index in range(0, 1000, 37):
        assert score_of(again, index) == score_of(first, index)
    assert policy.digest() == world.policy.digest()
    assert replace(policy, margin=0.3).digest() != policy.digest()
    with pytest.raises(ValueError, match="another format"):
        ScoringModel.from_document({**stored[0], "format": 99})


def test_a_customer_without_an_order_gets_no_verdict_and_an_honest_reason(world):
    nobody = world.score(record(["new"], contacts={"customer": ["new"], "ts": ["2024-10-01"]}))
    told = score_of(nobody, 0)
    assert nobody.forecast.level[0] == UNKNOWN
    assert told.churn.probability is None
    assert [found.code for found in told.churn.reasons] == ["too_little_data"]
    assert told.lifecycle_stage == "new"
    assert told.tier == "ordinary"
    assert told.expected_value == 0
    assert told.p_alive is None


def test_one_order_is_little_evidence_and_never_a_high_risk(world):
    scores = world.score(world.facts)
    single = np.flatnonzero(scores.known.rhythm.order_days == 1)
    assert len(single) > 20
    assert not np.any(scores.forecast.level[single] == HIGH)
    assert {score_of(scores, int(index)).churn.evidence for index in single} == {"low"}


def test_every_reason_rests_on_a_fact_and_says_it_in_numbers_and_two_languages(world):
    scores = world.score(world.facts)
    held = supported(scores.known, world.model.usual_gap, world.model.horizon_weeks)
    found = set()
    for index in range(len(scores)):
        for code, weight in scores.forecast.reasons.ranked(index):
            assert held[code.name][index]
            assert weight > 0.05
            found.add(code.name)
    assert len(found) >= 5
    for index in range(0, 1000, 23):
        for reason in score_of(scores, index).churn.reasons:
            assert "nan" not in reason.text_en + reason.text_zh
            assert reason.text_en != reason.text_zh


def test_nobody_at_high_risk_is_without_a_reason(world):
    scores = world.score(world.facts)
    high = scores.forecast.level == HIGH
    assert high.any()
    assert np.all((scores.forecast.reasons.code[high] != NO_CODE).any(axis=1))


def test_an_open_complaint_adds_a_reason_and_an_action(invent):
    """Judged by the prior model, whose complaint weight is known."""
    orders = {
        "customer": ["a"] * 6,
        "ts": [f"2024-0{month}-05" for month in range(2, 8)],
        "amount": [100.0] * 6,
    }
    calm = record(["a"], orders=orders)
    complaint = {"customer": ["a"], "ts": ["2024-08-20"], "severity": [3]}
    angry = record(["a"], orders=orders, complaints=complaint)
    model, policy = learn(calm, NOON, horizon_weeks=13), Policy()
    assert model.basis == "prior"
    grids = rank(calm, model, policy, NOON)
    before, after = (score_of(score(facts, model, policy, grids, NOON), 0).churn for facts in (calm, angry))
    assert after.probability > before.probability
    assert "complaint" in after.drivers
    assert after.recommended_action.code == "resolve_complaint"
    (told,) = [found for found in after.reasons if found.code == "complaint_open"]
    assert told.text_en == "Complaint open since 20 August 2024 (12 days)"
    assert told.text_zh == "投诉自 2024 年 8 月 20 日起未解决（12 天）"


def test_codes_name_each_topic_and_are_unique():
    assert len({code.name for code in CODES}) == len(CODES)


@pytest.mark.parametrize("orders", [None, {"customer": ["a"], "ts": ["2024-05-01"], "amount": [0.0]}])
def test_next_to_nothing_can_be_learnt_from_and_scored(orders):
    facts = record(["a"], orders=orders)
    model = learn(facts, NOON)
    assert model.basis == "prior"
    scores = score(facts, model, Policy(), rank(facts, model, Policy(), NOON), NOON)
    assert json.dumps(score_of(scores, 0).to_document() | {"customer": "a"})


def test_a_log_that_ended_long_ago_leaves_a_document_without_nan():
    """Half of a bulk load is in, the newer half is not: nobody has ordered in the latest fold."""
    chance = np.random.default_rng(5)
    names = np.array([f"c{number}" for number in range(900)])
    buyers = np.repeat(names, 4)
    days = chance.integers(26 * 7, 60 * 7, len(buyers)).astype("timedelta64[D]")
    orders = {
        "customer": buyers,
        "ts": NOON - days,
        "amount": chance.gamma(2.0, 100.0, len(buyers)),
        "is_return": np.zeros(len(buyers), dtype=bool),
    }
    assert json.dumps(learn(record(names, orders=orders), NOON).to_document(), allow_nan=False)


def test_learning_twice_gives_the_same_model(world):
    again = learn(world.facts, world.as_of, horizon_weeks=4)
    assert again.to_document() == world.model.to_document()


def test_a_customer_is_looked_at_again_when_silence_will_have_changed_its_level(world):
    now = world.score(world.facts)
    known = now.known.bought
    weeks = weeks_to_review(now, world.model, world.policy)
    assert np.array_equal(np.isnan(weeks), ~known)
    assert np.all((weeks[known] > 0) & (weeks[known] <= 52))
    silence = np.flatnonzero((now.forecast.level == LOW) & (weeks < 20))
    assert len(silence) > 20
    quiet = world.facts.as_of(world.as_of).chosen(silence)
    later = world.score(quiet, world.as_of + np.timedelta64(7 * 26, "D"))
    assert np.mean(later.forecast.level > LOW) > 0.9
