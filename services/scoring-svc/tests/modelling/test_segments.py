"""Each segment is judged by its own rhythm, and by the model that the backtest prefers for it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scoring_svc.modelling.facts import record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import rank, score
from scoring_svc.modelling.segment_fit import learn_by_segment
from scoring_svc.modelling.segments import coarser, members

AS_OF = np.datetime64("2025-11-15T12:00", "us")
START = np.datetime64("2023-11-15T12:00", "us")
WEEKS = 104.0
TRADES = {  # how many, weeks between orders, chance to leave after one, how regular
    "grocer": (350, 1.5, 0.04, 1.0),
    "machines": (450, 9.0, 0.12, 30.0),
    "few": (60, 4.0, 0.1, 2.0),
}


def buying(chance, gap, leaving, regular):
    """Weeks of one customer's orders: gamma gaps around a mean of its own, until it leaves."""
    own = gap * chance.gamma(4.0, 0.25)
    at, days = chance.random() * 20.0, []
    while at < WEEKS:
        days.append(at)
        if chance.random() < leaving:
            break
        at += own * chance.gamma(regular, 1.0 / regular)
    return days


@pytest.fixture(scope="module")
def market():
    """(facts, labels): weekly grocers, machine buyers of a slow rhythm, and a trade of a few."""
    chance = np.random.default_rng(3)
    names, labels, who, at = [], [], [], []
    for trade, (size, gap, leaving, regular) in TRADES.items():
        for number in range(size):
            names.append(f"{trade}{number:04d}")
            labels.append(f"industry={trade}|region={31 + number % 3}")
            days = buying(chance, gap, leaving, regular)
            who += [names[-1]] * len(days)
            at += days
    moments = START + (np.array(at) * 7 * 86400e6).astype("timedelta64[us]")
    amounts = chance.gamma(2.0, 100.0, len(who))
    return record(names, orders={"customer": who, "ts": moments, "amount": amounts}), np.array(labels)


@pytest.fixture(scope="module")
def learnt(market):
    return learn_by_segment(market[0], AS_OF, market[1])


def test_labels_lie_within_coarser_ones():
    assert list(coarser("industry=tea|region=31")) == ["industry=tea|region=31", "industry=tea"]
    assert list(coarser("")) == []
    found = members(np.array(["a|x", "a|y", "b|x", "a|x", ""]), smallest=2)
    assert {label: inside.tolist() for label, inside in found.items()} == {"a": [0, 1, 3], "a|x": [0, 3]}


def test_each_segment_has_the_horizon_of_its_rhythm(learnt):
    told = learnt.card["segments"]
    assert told["industry=grocer"]["horizon_weeks"] == 4
    assert told["industry=machines"]["horizon_weeks"] in (13, 26)
    assert "industry=few" not in told


def test_a_segment_that_is_unlike_the_others_gets_a_model_of_its_own(learnt):
    told = learnt.card["segments"]["industry=machines"]
    assert told["voice"] == "industry=machines"
    assert told["log_loss"]["own"] == min(told["log_loss"].values())
    assert learnt.voices["industry=machines"].purchase.k > 1


def test_a_segment_within_another_that_is_like_it_keeps_its_voice(learnt):
    told = learnt.card["segments"]
    assert told["industry=grocer|region=32"]["voice"] == told["industry=grocer"]["voice"]


def test_every_customer_is_spoken_for_by_its_segments_voice(market, learnt):
    facts, labels = market
    known, policy = features(facts, AS_OF), Policy()
    together = foresee(known, learnt, policy, labels)
    for label, told in learnt.card["segments"].items():
        inside = np.flatnonzero([label in set(coarser(str(each))) for each in labels])
        finest = [label == next(c for c in coarser(str(labels[i])) if c in learnt.segments) for i in inside]
        inside = inside[finest]
        assert np.all(together.horizon[inside] == told["horizon_weeks"])
        voice = replace(learnt.voices.get(learnt.segments[label], learnt), voices={}, segments={})
        alone = foresee(known.at(inside), voice, policy)
        assert together.risk.probability[inside] == pytest.approx(alone.risk.probability)
        assert together.expected_value[inside] == pytest.approx(alone.expected_value)
        assert np.array_equal(together.reasons.code[inside], alone.reasons.code)
        assert np.array_equal(together.level[inside], alone.level)
    few = np.char.startswith(labels, "industry=few")
    assert np.all(together.horizon[few] == learnt.horizon_weeks)


def test_a_customer_of_a_segment_alone_is_scored_as_among_others(market, learnt):
    facts, labels = market
    policy = Policy()
    grids = rank(facts, learnt, policy, AS_OF, markets=labels)
    all_of_them = score(facts, learnt, policy, grids, AS_OF, markets=labels)
    weeks = weeks_to_review(all_of_them, learnt, policy)
    for index in range(0, len(facts), 97):
        part = labels[index : index + 1]
        alone = score(facts.between(index, index + 1), learnt, policy, grids, AS_OF, markets=part)
        one, other = score_of(alone, 0), score_of(all_of_them, index)
        assert one.horizon_weeks == other.horizon_weeks
        assert one.churn.probability == pytest.approx(other.churn.probability, rel=1e-9)
        assert one.lifecycle_stage == other.lifecycle_stage
        assert weeks_to_review(alone, learnt, policy)[0] == pytest.approx(weeks[index])


def test_voices_survive_the_document_and_an_older_one_has_none(market, learnt):
    facts, labels = market
    again = ScoringModel.from_document(json.loads(json.dumps(learnt.to_document(), allow_nan=False)))
    known = features(facts, AS_OF)
    one, other = (foresee(known, model, Policy(), labels).risk.probability for model in (learnt, again))
    assert np.array_equal(one, other, equal_nan=True)
    old = {name: value for name, value in learnt.to_document().items() if name not in ("voices", "segments")}
    assert ScoringModel.from_document(old).voices == {}


def test_one_segment_or_none_changes_nothing(market):
    facts, _ = market
    some = facts.between(0, 200)
    plain = learn(some, AS_OF)
    nameless = learn_by_segment(some, AS_OF, np.full(200, ""))
    assert nameless.segments == {}
    assert nameless.to_document()["churn"] == plain.to_document()["churn"]


def test_later_rows_do_not_change_which_voice_speaks(market):
    facts, labels = market
    some, theirs = facts.between(230, 480), labels[230:480]
    earlier = AS_OF - np.timedelta64(7 * 8, "D")
    one = learn_by_segment(some, earlier, theirs)
    assert one.to_document() == learn_by_segment(some.as_of(earlier), earlier, theirs).to_document()
