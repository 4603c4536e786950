"""Tiers rest on two axes and do not flicker; stages follow the customer's own rhythm."""

from dataclasses import replace

import numpy as np
import pytest

from scoring_svc.modelling.facts import record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.lifecycle import STAGES, PreviousStages, chance_a_week_ago, stages
from scoring_svc.modelling.percentiles import Segments, percentiles
from scoring_svc.modelling.policy import Policy, TierRule
from scoring_svc.modelling.purchase import histories
from scoring_svc.modelling.purchase_fit import usual_model
from scoring_svc.modelling.tiers import (
    CORE,
    IMPORTANT,
    ORDINARY,
    PreviousTiers,
    tier_inputs,
    tier_percentiles,
    tiers,
)

NOON = np.datetime64("2024-09-01T12:00", "us")
TODAY = NOON.astype("datetime64[D]")
POLICY = Policy()


def monthly(name, months, amount=100.0):
    days = [f"2024-{month:02d}-05" for month in months]
    return {"customer": [name] * len(days), "ts": days, "amount": [amount] * len(days)}


def joined(*parts):
    return {key: [value for part in parts for value in part[key]] for key in parts[0]}


@pytest.fixture(scope="module")
def hundred():
    """Customer number n has bought for n * 100 a month since March."""
    names = [f"c{number:03d}" for number in range(1, 101)]
    orders = joined(*(monthly(name, range(3, 9), 100.0 * n) for n, name in enumerate(names, 1)))
    return features(record(names, orders=orders), NOON)


def placed(known, value_52, policy=POLICY, **given):
    inputs = tier_inputs(known, value_52, policy)
    return tiers(known, inputs, tier_percentiles(inputs, policy.tiers), policy, **given)


def test_the_best_contributors_are_core_and_the_promising_important(hundred):
    promise = np.where(np.arange(100) < 30, 1e6, 1.0)
    found = placed(hundred, promise)
    assert np.all(found.tier[82:] == CORE)
    assert np.all(found.tier[:28] == IMPORTANT)
    assert np.all(found.tier[31:78] == ORDINARY)
    assert found.contribution[99] > found.contribution[0]


def test_a_customer_near_the_line_keeps_its_tier_and_nobody_falls_within_the_minimum_stay(hundred):
    fresh = placed(hundred, np.ones(100))
    line = int(np.flatnonzero(fresh.tier == CORE)[0])
    long_ago = np.full(100, TODAY - np.timedelta64(300, "D"))
    held = np.full(100, ORDINARY)
    held[line - 1 : line + 1] = [CORE, ORDINARY]
    kept = placed(hundred, np.ones(100), previous=PreviousTiers(held, long_ago))
    assert list(kept.tier[line - 1 : line + 1]) == [CORE, ORDINARY]
    assert np.all(kept.since[line - 1 : line + 1] == long_ago[0])
    lately = np.full(100, TODAY - np.timedelta64(20, "D"))
    every = placed(hundred, np.ones(100), previous=PreviousTiers(np.full(100, CORE), lately))
    assert np.all(every.tier == CORE)


def test_one_customer_against_stored_grids_gets_its_tier_among_all(hundred):
    inputs = tier_inputs(hundred, np.ones(100), POLICY)
    grids = tier_percentiles(inputs, POLICY.tiers)
    everybody = tiers(hundred, inputs, grids, POLICY)
    alone = features(record(["c096"], orders=monthly("c096", range(3, 9), 9600.0)), NOON)
    one = tiers(alone, tier_inputs(alone, np.ones(1), POLICY), grids, POLICY)
    assert one.tier[0] == everybody.tier[95]
    assert one.contribution[0] == pytest.approx(everybody.contribution[95])


def test_percentiles_are_within_the_segment_if_it_is_large_enough():
    values = {"amount": np.concatenate([np.arange(300.0), 1000 + np.arange(300.0), [5000.0]])}
    segments = Segments.of(np.array(["a"] * 300 + ["b"] * 300 + ["tiny"]))
    grids = percentiles(values, segments, smallest=200)
    ranked = grids.rank("amount", values["amount"], segments)
    assert ranked[300] < 1
    assert ranked[299] > 99
    assert ranked[600] > 99
    assert set(grids.grids) == {"", "a", "b"}


def test_what_is_unknown_gives_its_weight_to_the_rest(hundred):
    inputs = tier_inputs(hundred, np.ones(100), POLICY)
    money = replace(POLICY, tiers=TierRule(contribution={"amount_52": 1.0, "satisfaction": 5.0}))
    found = tiers(hundred, inputs, tier_percentiles(inputs, money.tiers), money)
    assert np.all(np.diff(found.contribution) > 0)


def test_a_customer_who_costs_more_than_it_brings_is_marked():
    complaints = {"customer": ["a"] * 3, "ts": ["2024-06-01"] * 3, "severity": [1] * 3}
    known = features(record(["a"], orders=monthly("a", [7], 100.0), complaints=complaints), NOON)
    assert not placed(known, np.ones(1)).negative_value[0]
    assert placed(known, np.ones(1), replace(POLICY, complaint_cost=50.0)).negative_value[0]


def staged(facts, chance, now=NOON, before=None, **given):
    known = features(facts, now)
    chances = np.full(len(known), chance)
    return stages(known, chances, chances, POLICY, 4.0, previous=before, **given)


def name(found):
    return STAGES[int(found.stage[0])], found.cause(0)


@pytest.mark.parametrize(
    ("months", "chance", "stage"),
    [
        ([], 0.0, "prospect"),
        ([8], 0.5, "first_purchase"),
        ([5], 0.2, "at_risk"),
        ([7, 8], 0.6, "active"),
        ([2, 3, 4, 5, 6, 7, 8], 0.9, "loyal"),
        ([2, 3, 4, 5, 6, 7, 8], 0.2, "at_risk"),
        ([1, 2, 3], 0.05, "lost"),
    ],
)
def test_the_stage_follows_orders_and_risk(months, chance, stage):
    assert name(staged(record(["a"], orders=monthly("a", months)), chance))[0] == stage


def test_a_tie_without_an_order_is_a_new_customer():
    facts = record(["a"], contacts={"customer": ["a"], "ts": ["2024-08-01"]})
    assert name(staged(facts, 0.0)) == ("new", "tie_recorded")


def test_loyalty_ends_with_a_severe_open_complaint_and_says_so():
    orders = monthly("a", range(1, 9))
    loyal = staged(record(["a"], orders=orders), 0.9)
    complaint = {"customer": ["a"], "ts": ["2024-08-20"], "severity": [3]}
    before = PreviousStages(loyal.stage, loyal.since)
    after = staged(record(["a"], orders=orders, complaints=complaint), 0.9, before=before)
    assert name(after) == ("active", "habit_weakened")


def test_an_order_after_lost_wins_back_for_thirteen_weeks():
    gone = staged(record(["a"], orders=monthly("a", [1, 2, 3])), 0.05)
    assert name(gone) == ("lost", "silent_too_long")
    back = record(["a"], orders=joined(monthly("a", [1, 2, 3]), monthly("a", [9])))
    october = np.datetime64("2024-10-01T12:00", "us")
    won = staged(back, 0.6, october, PreviousStages(gone.stage, gone.since))
    assert name(won) == ("won_back", "order_after_lost")
    still = staged(back, 0.6, october + np.timedelta64(40, "D"), PreviousStages(won.stage, won.since))
    assert name(still) == ("won_back", "")
    settled = staged(back, 0.6, october + np.timedelta64(120, "D"), PreviousStages(won.stage, won.since))
    assert name(settled) == ("active", "won_back_settled")


def test_a_risk_must_fall_clearly_before_the_warning_ends():
    facts = record(["a"], orders=monthly("a", [6, 7, 8]))
    warned = staged(facts, 0.34)
    assert name(warned)[0] == "at_risk"
    before = PreviousStages(warned.stage, warned.since)
    assert name(staged(facts, 0.38, before=before)) == ("at_risk", "")
    assert name(staged(facts, 0.45, before=before)) == ("active", "risk_fell")
    assert name(staged(facts, 0.38))[0] == "active"


def test_nobody_is_lost_by_one_look_but_by_a_word_of_ours():
    known = features(record(["a"], orders=monthly("a", [1, 2, 3])), NOON)
    looks = np.array([0.05]), np.array([0.2])
    assert STAGES[int(stages(known, *looks, POLICY, 4.0).stage[0])] == "at_risk"
    declared = stages(known, *looks, POLICY, 4.0, declared_lost=np.array([True]))
    assert STAGES[int(declared.stage[0])] == "lost"


def test_the_look_of_a_week_ago_knows_no_later_order():
    known = features(record(["a", "b"], orders=joined(monthly("a", [1, 2]), monthly("b", [7, 8]))), NOON)
    late = features(record(["b"], orders={"customer": ["b"], "ts": ["2024-08-30"], "amount": [1.0]}), NOON)
    model = usual_model(4.0)
    chances = chance_a_week_ago(model, histories(known.rhythm), 13)
    assert chances[0] > model.p_buy(histories(known.rhythm), 13)[0]
    assert chance_a_week_ago(model, histories(late.rhythm), 13)[0] == 1.0


def test_the_same_facts_and_previous_stages_give_the_same_stages(world):
    first = world.score(world.facts)
    again = world.score(world.facts, previous=first.as_previous())
    assert np.array_equal(again.stages.stage, first.stages.stage)
    assert np.array_equal(again.stages.since, first.stages.since)
    assert np.array_equal(again.tiers.tier, first.tiers.tier)
