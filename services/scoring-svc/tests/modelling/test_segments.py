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
TRADES = {"grocer": (700, 1.5, 0.04), "machines": (500, 9.0, 0.12), "few": (60, 4.0, 0.1)}


def buying(chance, gap, leaving):
    """Days of orders of one customer: exponential gaps of a mean of its own, until it leaves."""
    own = gap * chance.gamma(4.0, 0.25)
    at, days = chance.random() * 20.0, []
    while at < WEEKS:
        days.append(at)
        if chance.random() < leaving:
            break
        at += own * chance.gamma(2.0, 0.5)
    return days


@pytest.fixture(scope="module")
def market():
    """(facts, labels): weekly grocers, machine buyers of a slow rhythm, and a trade of a few."""
    chance = np.random.default_rng(3)
    names, labels, who, at = [], [], [], []
    for trade, (size, gap, leaving) in TRADES.items():
        for number in range(size):
            names.append(f"{trade}{number:04d}")
            labels.append(f"industry={trade}|region={31 + number % 3}")
            days = buying(chance, gap, leaving)
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


def test_a_voice_other_than_everybodys_is_clearly_better_on_the_past(learnt):
    for told in learnt.card["segments"].values():
        losses, champion = told["log_loss"], told["champion"]
        if told["voice"] in learnt.segments and losses:
            assert losses["own"] == min(losses.values())
        assert all(np.isfinite(loss) for loss in losses.values())
        assert champion in {"ensemble", "learnt", "p_buy", "prior"}


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
    grids = rank(facts, learnt, policy, AS_OF, segments=labels)
    all_of_them = score(facts, learnt, policy, grids, AS_OF, segments=labels)
    weeks = weeks_to_review(all_of_them, learnt, policy)
    for index in range(0, len(facts), 97):
        part = labels[index : index + 1]
        alone = score(facts.between(index, index + 1), learnt, policy, grids, AS_OF, segments=part)
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
    some = facts.between(0, 400)
    plain = learn(some, AS_OF)
    nameless = learn_by_segment(some, AS_OF, np.full(400, ""))
    assert nameless.segments == {}
    assert nameless.to_document()["churn"] == plain.to_document()["churn"]


def test_later_rows_do_not_change_which_voice_speaks(market, learnt):
    facts, labels = market
    again = learn_by_segment(facts.as_of(AS_OF), AS_OF, labels)
    assert again.to_document() == learnt.to_document()
