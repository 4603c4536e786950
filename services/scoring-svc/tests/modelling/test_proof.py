"""What proves a model: the gate, the tracking curve, the lift, drift, and that it can be learnt again."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling import drift, gate
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.fingerprint import of_facts
from scoring_svc.modelling.inputs import NAMES
from scoring_svc.modelling.lift import deciles
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.origins import Origin, look_back
from scoring_svc.modelling.proof import fold_proof
from scoring_svc.modelling.replay import stored_features
from scoring_svc.modelling.scoring import score_known
from scoring_svc.modelling.standing import standing
from scoring_svc.modelling.tracking import curve

from .conftest import AS_OF, World

MOMENT = np.datetime64("2024-10-10T12:00", "us")


@pytest.fixture(scope="module")
def origin(world: World) -> Origin:
    return look_back(world.facts, MOMENT, 4)


def _shuffled(facts: Facts) -> Facts:
    """The same facts, told in another order, of customers in another order."""
    chance = np.random.default_rng(3)
    order = chance.permutation(len(facts))
    rows = chance.permutation(len(facts.orders.ts))
    log, names = facts.orders, facts.customers
    return record(
        names[order],
        orders={
            "customer": names[log.customer[rows]],
            "ts": log.ts[rows],
            "amount": log.amount[rows],
            "is_return": log.is_return[rows],
        },
    )


def test_the_same_rows_have_the_same_hash_in_any_order_and_another_row_another(cdnow: Facts) -> None:
    as_of = np.datetime64("1998-01-01", "us")
    told = of_facts(cdnow, as_of)
    assert of_facts(_shuffled(cdnow), as_of) == told
    assert told.rows == {
        "customers": 2357, "orders": told.rows["orders"], "complaints": 0, "contacts": 0, "surveys": 0,
        "promises": 0, "referrals": 0,
    }  # fmt: skip
    dearer = cdnow.orders.amount.copy()
    dearer[0] += 0.01
    assert of_facts(replace(cdnow, orders=replace(cdnow.orders, amount=dearer)), as_of).digest != told.digest
    later = of_facts(cdnow, as_of + np.timedelta64(30, "D"))
    assert later.digest != told.digest


def test_learning_again_on_the_same_rows_gives_the_same_document(world: World) -> None:
    again = learn(world.facts, AS_OF, horizon_weeks=4)
    assert again.basis == "fitted"
    assert json.dumps(again.to_document()) == json.dumps(world.model.to_document())
    read = ScoringModel.from_document(json.loads(json.dumps(again.to_document())))
    assert read.to_document() == again.to_document()


def test_a_tracking_curve_adds_up_to_what_came_and_what_was_expected(world: World, origin: Origin) -> None:
    rows = curve(origin, world.model.purchase)
    assert [row["week"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["actual_so_far"] == origin.orders.sum()
    expected = world.model.purchase.expected_orders(origin.seen, 4.0).sum()
    assert rows[-1]["expected_so_far"] == pytest.approx(expected)
    assert sum(row["actual"] for row in rows) == pytest.approx(rows[-1]["actual_so_far"])


def test_tenths_take_everybody_and_capture_all_who_left() -> None:
    chance = np.linspace(0.0, 1.0, 105)
    left = chance > 0.7
    rows = deciles(chance, left)
    assert sum(row["cases"] for row in rows) == 105
    assert rows[0]["frequency"] == 1.0
    assert rows[-1]["captured"] == 1.0
    assert deciles(chance[:9], left[:9]) == []
    assert deciles(chance, np.zeros(105, dtype=bool))[0]["lift"] is None


def test_a_fold_tells_of_groups_apart_with_the_rules_beside_and_no_number_that_is_none(
    world: World, origin: Origin
) -> None:
    chance = {"p_buy": 1.0 - world.model.purchase.p_buy(origin.seen, 4)}
    segments = np.where(np.arange(len(origin.known)) % 3 == 0, "A", "B")
    told = fold_proof(origin, chance, world.model.purchase, champion="ensemble", segments=segments)
    assert {"all", "early", "repeat", "segment:A", "segment:B"} <= set(told["groups"])
    everybody = told["groups"]["all"]
    assert everybody["customers"] == len(origin.known)
    assert {"model", "p_buy", "recency", "hiatus", "last_n"} == set(everybody["methods"])
    assert everybody["methods"]["model"] == everybody["methods"]["p_buy"]
    json.dumps(told, allow_nan=False)


def _fold(**figures: float) -> dict[str, object]:
    fold = {
        "customers": 4000, "left_share": 0.5, "auc": 0.75, "auc_recency": 0.7, "auc_early": 0.7,
        "auc_recency_early": 0.6, "accuracy": 0.7, "accuracy_hiatus": 0.68,
        "groups": {"early": {"customers": 2000, "left_share": 0.4}},
    }  # fmt: skip
    return {**fold, **figures}


@pytest.mark.parametrize(
    ("figures", "reasons"),
    [
        ({}, []),
        ({"auc": 0.69}, []),  # within what chance makes of it
        ({"auc": 0.6}, ["worse_than_recency"]),
        ({"auc_early": 0.5}, ["worse_than_recency_early"]),
        ({"accuracy": 0.6}, ["worse_than_hiatus"]),
        ({"auc": None, "auc_recency": None}, []),
    ],
)
def test_the_gate_holds_back_what_is_worse_than_a_rule(
    world: World, figures: dict[str, float], reasons: list[str]
) -> None:
    challenger = replace(world.model, card={"folds": [_fold(**figures)]})
    verdict = gate.verdict(challenger, None, None)
    assert (verdict["passes"], verdict["reasons"]) == (not reasons, reasons)


def test_the_gate_holds_back_what_is_worse_than_the_champion_on_the_same_folds(world: World) -> None:
    compared = gate.compare(world.facts, AS_OF, world.model, world.model)
    assert compared
    assert gate.verdict(world.model, world.model, compared)["passes"]
    upside_down = replace(world.model.churn, calibration=replace(world.model.churn.calibration, slope=-1.0))
    worse = replace(world.model, churn=upside_down)
    verdict = gate.verdict(worse, world.model, gate.compare(world.facts, AS_OF, worse, world.model))
    assert {"worse_than_champion", "likelihood_below_champion"} <= set(verdict["reasons"])
    other = replace(world.model, horizon_weeks=13)
    assert gate.compare(world.facts, AS_OF, other, world.model) is None


def test_too_little_data_or_a_drift_alarm_lets_nothing_through_by_itself(world: World) -> None:
    prior = replace(world.model, basis="prior", card={})
    assert gate.verdict(prior, world.model, None)["reasons"] == ["too_little_data"]
    assert gate.verdict(prior, prior, None)["passes"]
    assert gate.verdict(world.model, None, None, alarms=["psi.score"])["reasons"][-1] == "drift_alarm"


def test_the_index_is_that_of_the_textbook() -> None:
    then, now = [100, 200, 300, 400], [200, 200, 300, 300]
    shares = [((a + 0.5) / 1002, (b + 0.5) / 1002) for a, b in zip(then, now, strict=True)]
    assert drift.psi(then, now) == pytest.approx(sum((b - a) * np.log(b / a) for a, b in shares))
    assert drift.psi(then, then) == 0.0


@given(st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(float("nan"))), min_size=200, max_size=400))
@settings(max_examples=40, deadline=None)
def test_whoever_stands_as_then_has_not_moved_and_every_case_is_counted_once(values: list[float]) -> None:
    column = np.array(values)
    chance = np.full(len(column), 0.5)
    then = drift.reference(column[:, None], ["x"], chance)
    assert sum(then["inputs"]["x"]["counts"]) == len(column)
    found = drift.shifts(json.loads(json.dumps(then)), column[:, None], ["x"], chance)
    assert found is not None
    assert found["x"].psi == pytest.approx(0.0)
    assert found["score"].beyond_noise == 0.0


def test_a_shifted_input_is_told_apart_from_chance_and_few_customers_from_none() -> None:
    chance = np.random.default_rng(2)
    then = drift.reference(chance.normal(size=(2000, 1)), ["x"], chance.random(2000))
    alike = drift.shifts(then, chance.normal(size=(2000, 1)), ["x"], chance.random(2000))
    moved = drift.shifts(then, chance.normal(0.8, size=(2000, 1)), ["x"], chance.random(2000))
    assert alike["x"].beyond_noise < 0.02
    assert moved["x"].beyond_noise > 0.25
    assert drift.shifts(then, np.zeros((199, 1)), ["x"], np.zeros(199)) is None


def test_a_model_knows_how_those_stood_whom_it_was_learnt_from(world: World) -> None:
    then = world.model.card["reference"]
    scores = world.score(world.facts)
    known = scores.known
    bought = np.flatnonzero(known.bought)
    inputs, chance = standing(known, world.model)
    found = drift.shifts(then, inputs[bought], NAMES, chance[bought])
    assert set(found) == {*NAMES, "score"}
    assert max(shift.psi for shift in found.values()) < 1e-9


def test_a_customer_scored_from_stored_features_is_scored_the_same(world: World) -> None:
    scores = world.score(world.facts)
    for index in (0, 17, 400, 999):
        row = json.loads(json.dumps(scores.known.row(index)))
        known = stored_features(scores.known.today, row)
        again = score_known(np.array(["x"]), known, world.model, world.policy, world.grids)
        assert again.tiers.tier[0] == scores.tiers.tier[index]
        assert again.tiers.contribution[0] == scores.tiers.contribution[index]
        assert again.stages.stage[0] == scores.stages.stage[index]
        np.testing.assert_array_equal(
            again.forecast.risk.probability[0], scores.forecast.risk.probability[index]
        )
