"""Policies tried on everybody: published as simulated, never flickering, the same again from the same."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.percentiles import Percentiles, Segments
from scoring_svc.modelling.policy import INPUTS, Policy, TierRule
from scoring_svc.modelling.tiers import CORE, IMPORTANT, NO_TIER, ORDINARY, Pins, PreviousTiers, place
from scoring_svc.modelling.whatif import CAUSES, Situation, what_if

TODAY = np.datetime64("2026-11-30", "D")
LONG_AGO = TODAY - np.timedelta64(700, "D")
# Percentiles are what the input says: the grid of each input is 0, .1, .2 to 100.
SCALE = Percentiles(
    {"": {name: np.linspace(0.0, 100.0, 1001) for name in (*INPUTS, "contribution", "potential")}}
)
RULE = TierRule(contribution={"amount_52": 1.0}, potential={"growth": 1.0}, minimum_stay_weeks=0)
POLICY = Policy(tiers=RULE)

rules = st.builds(
    TierRule,
    core_from=st.floats(60, 90),
    important_from=st.floats(30, 59),
    hysteresis=st.floats(0, 1),
    minimum_stay_weeks=st.sampled_from([0.0, 8.0, 30.0]),
    relationship_at_least=st.floats(0, 60),
    smallest_segment=st.sampled_from([1, 20, 1000]),
)


def crowd(seed: int, size: int = 120) -> Situation:
    """Customers of all kinds: unknown inputs, nobody's orders, held and pinned tiers, segments."""
    chance = np.random.default_rng(seed)
    inputs = {name: np.round(chance.gamma(2.0, 50.0, size), 1) for name in INPUTS}
    inputs["satisfaction"] = np.where(chance.random(size) < 0.5, np.nan, inputs["satisfaction"])
    nobody = chance.random(size) < 0.1
    inputs = {name: np.where(nobody, np.nan, values) for name, values in inputs.items()}
    held = chance.integers(-1, 3, size)
    pinned = np.where(chance.random(size) < 0.1, chance.integers(0, 3, size), NO_TIER)
    since = TODAY - chance.integers(0, 400, size).astype("timedelta64[D]")
    return Situation(
        TODAY,
        inputs,
        np.nan_to_num(inputs["amount_52"]) - 40.0,
        held,
        PreviousTiers(held, np.where(held == NO_TIER, np.datetime64("NaT", "D"), since)),
        Pins(pinned, np.where(pinned == NO_TIER, np.datetime64("NaT", "D"), since)),
        Segments.of(chance.choice(["industry=tea", "industry=silk", "industry="], size)),
    )


crowds = st.integers(1, 10_000).map(crowd)


def one(contribution: float, growth: float, held: int, since: np.datetime64) -> int:
    inputs = {name: np.array([50.0]) for name in INPUTS}
    inputs |= {"amount_52": np.array([contribution]), "growth": np.array([growth])}
    previous = PreviousTiers(np.array([held]), np.array([since]))
    return int(place(TODAY, inputs, np.array([1.0]), SCALE, POLICY, previous=previous).tier[0])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(-1.8, 1.8), min_size=1, max_size=12),
    st.sampled_from([CORE, IMPORTANT, ORDINARY]),
)
def test_whoever_wobbles_within_the_band_never_flickers(wobbles: list[float], held: int) -> None:
    for wobble in wobbles:
        around_core = one(RULE.core_from + wobble, 0.0, held, LONG_AGO)
        assert (around_core == CORE) == (held == CORE)
        around_important = one(0.0, RULE.important_from + wobble, held, LONG_AGO)
        assert (around_important == IMPORTANT) == (held == IMPORTANT)


@settings(deadline=None, max_examples=40)
@given(crowds, rules)
def test_nobody_moves_down_within_the_minimum_stay_and_pins_decide(now: Situation, rule: TierRule) -> None:
    found = what_if(now, Policy(tiers=rule)).tiers
    stay = np.timedelta64(round(rule.minimum_stay_weeks * 7), "D")
    young = (now.held.tier != NO_TIER) & (TODAY - now.held.since < stay)
    assert np.all(found.by_rule[young] >= now.held.tier[young])
    pinned = now.pins.tier != NO_TIER
    assert np.array_equal(found.tier[pinned], now.pins.tier[pinned])
    assert np.array_equal(found.tier[~pinned], found.by_rule[~pinned])


@settings(deadline=None, max_examples=40)
@given(crowds, rules)
def test_scoring_by_the_stored_grids_gives_what_was_simulated(now: Situation, rule: TierRule) -> None:
    policy = Policy(tiers=rule)
    foreseen = what_if(now, policy)
    stored = Percentiles.from_document(foreseen.grids.to_document())
    for at in range(0, len(now.brought), 7):
        alone = place(
            TODAY,
            {name: values[at : at + 1] for name, values in now.inputs.items()},
            now.brought[at : at + 1],
            stored,
            policy,
            segments=Segments.of(np.array([now.segments.label(at)])),
            previous=PreviousTiers(now.held.tier[at : at + 1], now.held.since[at : at + 1]),
            pins=Pins(now.pins.tier[at : at + 1], now.pins.since[at : at + 1]),
        )
        assert alone.tier[0] == foreseen.tiers.tier[at]
        assert alone.contribution[0] == foreseen.tiers.contribution[at]
        assert alone.negative_value[0] == foreseen.tiers.negative_value[at]


@settings(deadline=None, max_examples=40)
@given(crowds, rules)
def test_trying_again_from_what_came_of_it_moves_nobody(now: Situation, rule: TierRule) -> None:
    policy = Policy(tiers=rule)
    first = what_if(now, policy)
    held = PreviousTiers(first.tiers.by_rule, first.tiers.by_rule_since)
    again = what_if(replace(now, shown=first.tiers.tier, held=held), policy)
    assert not again.moved.any()
    assert np.array_equal(again.tiers.by_rule_since, first.tiers.by_rule_since)
    assert what_if(now, policy).grids.to_document() == first.grids.to_document()


@settings(deadline=None, max_examples=40)
@given(crowds, rules)
def test_every_mover_has_a_cause_and_nobody_else(now: Situation, rule: TierRule) -> None:
    found = what_if(now, Policy(tiers=rule))
    assert np.array_equal(found.causes != 0, found.moved != 0)
    fell = 1 << CAUSES.index("contribution_fell")
    lower = found.causes & fell != 0
    assert np.all(found.tiers.contribution[lower] < rule.core_from)
    assert np.all(now.held.tier[lower] == CORE)


def test_the_digest_names_the_situation_and_nothing_else() -> None:
    now = crowd(3)
    assert now.digest() == crowd(3).digest()
    assert now.digest() != crowd(4).digest()
    assert now.digest() != replace(now, segments=None).digest()
    other = {**now.inputs, "growth": now.inputs["growth"] + 1e-9}
    assert now.digest() != replace(now, inputs=other).digest()


def test_a_policy_document_from_before_these_entries_is_read_with_defaults() -> None:
    old = Policy().to_document()
    for name in ("negative_below", "referral_share"):
        del old[name]
    del old["tiers"]["segments"]
    old["tiers"]["potential"] = {"forecast_52": 0.6, "growth": 0.4, "headroom": 0.4}
    read = Policy.from_document(old)
    assert (read.negative_below, read.tiers.segments) == (0.0, ())
    assert read.tiers.potential["headroom"] == 0.4
