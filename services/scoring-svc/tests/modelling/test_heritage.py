"""Models that were learnt before there were promises say what they said, and judgement speaks of promises."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scoring_svc.modelling.churn import ChurnModel
from scoring_svc.modelling.churn_fit import prior_churn
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.heritage import LATER, of_today
from scoring_svc.modelling.inputs import INPUTS, NAMES, TOPICS
from scoring_svc.modelling.judgement import judged_on
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.scoring import rank, score

STORED = json.loads((Path(__file__).parents[1] / "data/model_before_promises.json").read_text())
PROMISES = [entry.name for entry in INPUTS if entry.topic == "promise"]


def without(facts: Facts) -> Facts:
    return replace(facts, promises=record(facts.customers).promises)


def chances(model, facts, as_of):
    grids = rank(facts, model, Policy(), as_of)
    return score(facts, model, Policy(), grids, as_of)


def test_a_stored_model_says_of_those_without_promises_what_it_said_before(world):
    old = ScoringModel.from_document(STORED["document"])
    assert set(NAMES) - set(STORED["document"]["churn"]["inputs"]) == {*PROMISES, *LATER}
    scores = chances(old, without(world.facts), world.as_of)
    told = np.array([np.nan if each is None else each for each in STORED["chances"]])
    np.testing.assert_allclose(scores.forecast.risk.probability[:200], told, rtol=0, atol=1e-9)


def test_a_broken_promise_is_a_reason_to_it_by_judgement(world):
    old = ScoringModel.from_document(STORED["document"])
    calm = chances(old, without(world.facts), world.as_of).forecast.risk.probability
    scores = chances(old, world.facts, world.as_of)
    more = scores.forecast.risk.probability - calm
    promised = scores.known.care.promise_pressure > 0
    bought = scores.known.bought
    assert np.all(more[promised & bought] > 0)
    assert np.all(more[~promised & bought] == 0)
    unkept = np.flatnonzero((scores.known.care.promises_unkept > 0) & bought)
    assert len(unkept) > 100
    for index in unkept[::9]:
        told = score_of(scores, int(index)).churn
        assert "promise_unkept" in {found.code for found in told.reasons}
        assert "promise" in told.drivers


def older(document):
    """The document as it would have been without promises."""
    places = [place for place, name in enumerate(NAMES) if name not in PROMISES]
    shorter = {name: [document[name][place] for place in places] for name in ("inputs", "fill")}
    for part in ("logit", "judgement"):
        values = {name: [document[part][name][place] for place in places] for name in ("weights", "centres")}
        shorter[part] = {**document[part], **values}
    tables = document["stumps"]["tables"]
    kept = {
        str(places.index(int(column))): table for column, table in tables.items() if int(column) in places
    }
    return {**document, **shorter, "stumps": {**document["stumps"], "tables": kept}}


@pytest.mark.parametrize("learnt", ["fitted", "prior"])
def test_every_column_is_found_by_its_name_wherever_it_stands(world, learnt):
    model = {"fitted": world.model.churn, "prior": prior_churn()}[learnt]
    now = json.loads(json.dumps(model.to_document()))
    before = older(now)
    turned = dict(before, inputs=before["inputs"][::-1], fill=before["fill"][::-1])
    for part in ("logit", "judgement"):
        turned[part] = {**before[part], **{name: before[part][name][::-1] for name in ("weights", "centres")}}
    last = len(before["inputs"]) - 1
    tables = before["stumps"]["tables"].items()
    turned["stumps"] = {**before["stumps"], "tables": {str(last - int(at)): table for at, table in tables}}
    inputs = np.random.default_rng(3).normal(size=(300, len(NAMES)))
    inputs[np.random.default_rng(4).random(inputs.shape) < 0.1] = np.nan
    inputs[:, [NAMES.index(name) for name in PROMISES]] = 0.0
    one, other = ChurnModel.from_document(before).risk(inputs), ChurnModel.from_document(turned).risk(inputs)
    np.testing.assert_allclose(one.probability, other.probability, rtol=1e-12)
    mine = model.risk(inputs).lifts
    for place, topic in enumerate(TOPICS):
        if topic != "promise":
            np.testing.assert_allclose(one.lifts[:, place], mine[:, place], rtol=1e-12, atol=1e-12)
    assert np.all(one.lifts[:, TOPICS.index("promise")] == 0.0)


def test_judgement_has_the_weights_of_the_prior(world):
    model = ChurnModel.from_document(older(world.model.churn.to_document()))
    judged = judged_on(["promise"])
    for name in PROMISES:
        assert model.judgement.weights[NAMES.index(name)] == judged.weights[NAMES.index(name)]
        assert model.logit.weights[NAMES.index(name)] == 0.0
    assert NAMES.index(PROMISES[0]) not in model.stumps.tables


def test_a_document_of_today_is_left_as_it_is(world):
    document = world.model.churn.to_document()
    assert of_today(document) is document


@pytest.mark.parametrize(
    "inputs",
    [
        [name for name in NAMES if name != "p_buy"],
        [name for name in NAMES if name != "promise_pressure"],
        [*NAMES, "phase_of_the_moon"],
        [*NAMES[:-1], NAMES[0]],
        [name for name in NAMES if name not in {"returns_13", "return_share"}],
        [],
    ],
)
def test_inputs_that_nobody_can_make_sense_of_are_refused(world, inputs):
    with pytest.raises(ValueError, match="other inputs"):
        ChurnModel.from_document({**world.model.churn.to_document(), "inputs": inputs})


def test_a_document_with_too_few_weights_is_refused(world):
    document = older(world.model.churn.to_document())
    with pytest.raises(ValueError, match="zip"):
        ChurnModel.from_document({**document, "fill": document["fill"][1:]})
