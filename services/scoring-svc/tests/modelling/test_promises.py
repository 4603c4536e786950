"""A broken promise counts from when it broke, never lowers a risk, and is told with its day."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling import metrics
from scoring_svc.modelling.churn_fit import thin_topics
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.inputs import TOPICS, churn_inputs
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.scoring import Scores, rank, score

DAY = np.timedelta64(1, "D")
_WEEKS = 104.0
NOON = np.datetime64("2024-09-01T12:00", "us")
ORDERS = {"customer": ["a"] * 6, "ts": [f"2024-0{month}-05" for month in range(3, 9)], "amount": [100.0] * 6}


def promised(**columns) -> Facts:
    """One customer who buys each month, and its broken promises."""
    return record(["a"], orders=ORDERS, promises={"customer": ["a"] * len(columns["ts"]), **columns})


def scored(facts: Facts, model: ScoringModel | None = None, as_of: np.datetime64 = NOON) -> Scores:
    model = model or learn(replace(facts, promises=record(facts.customers).promises), as_of, horizon_weeks=13)
    policy = Policy()
    return score(facts, model, policy, rank(facts, model, policy, as_of), as_of)


def test_what_is_not_kept_does_not_fade_and_what_is_kept_does():
    known = features(
        promised(ts=["2024-07-07", "2024-03-17", "2023-09-03"], settled=["NaT", "2024-03-20", "2024-08-01"]),
        NOON,
    ).care
    assert known.promises_unkept[0] == 1
    assert known.unkept_weeks[0] == pytest.approx(8.0)
    assert known.promise_pressure[0] == pytest.approx(1.0 + 2.0**-3 + 2.0**-6.5)
    assert known.promises_broken_26[0] == 2
    assert known.weeks_since_broken[0] == pytest.approx(8.0)


def test_nobody_is_told_of_promises_that_broke_later():
    facts = promised(ts=["2024-09-02"], settled=["NaT"])
    known = features(facts, NOON)
    assert (known.care.promises_unkept[0], known.care.promise_pressure[0]) == (0, 0)
    assert np.isnan(known.care.weeks_since_broken[0])


def test_keeping_it_later_does_not_change_the_past():
    kept = promised(ts=["2024-08-04"], settled=["2024-09-10"])
    never = promised(ts=["2024-08-04"])
    for moment in (NOON, NOON - 14 * DAY):
        assert features(kept, moment).row(0) == features(never, moment).row(0)
    after = NOON + 14 * DAY
    assert features(kept, after).care.promises_unkept[0] == 0
    assert features(never, after).care.promises_unkept[0] == 1
    assert features(kept, after).care.promise_pressure[0] < features(never, after).care.promise_pressure[0]


@settings(max_examples=20, deadline=None)
@given(days=st.integers(0, 360), seed=st.integers(0, 1000))
def test_what_becomes_of_promises_after_the_moment_changes_no_score(invent, world, days, seed):
    facts = invent(30, seed)
    moment = np.datetime64("2024-01-02T12:00", "us") + days * DAY
    log = facts.promises
    there = log.ts <= moment
    cut = log.rows(there)
    forgotten = np.where(cut.settled > moment, np.datetime64("NaT"), cut.settled)
    past = replace(facts, promises=replace(cut, settled=forgotten))
    one, other = world.score(facts, moment), world.score(past, moment)
    for index in range(0, 30, 3):
        assert score_of(one, index) == score_of(other, index)


@settings(max_examples=40, deadline=None)
@given(
    index=st.integers(0, 999),
    ago=st.integers(0, 400),
    kept=st.none() | st.integers(0, 60),
    prior=st.booleans(),
)
def test_one_more_broken_promise_never_lowers_the_risk(world, index, ago, kept, prior):
    model = learn(record(["a"], orders=ORDERS), NOON) if prior else world.model
    facts = world.facts.between(index, index + 1)
    log = facts.promises
    broken = world.as_of - ago * DAY
    settled = np.datetime64("NaT") if kept is None else broken + kept * DAY
    more = record(
        facts.customers,
        promises={
            "customer": [facts.customers[0]] * (len(log.ts) + 1),
            "ts": [*log.ts, broken],
            "settled": [*log.settled, settled],
        },
    )
    before, after = (
        scored(each, model, world.as_of).forecast.risk.probability[0]
        for each in (facts, replace(facts, promises=more.promises))
    )
    assert np.isnan(before) if np.isnan(after) else after >= before


def test_an_unkept_promise_is_told_with_its_day_and_what_to_do():
    """Judged by the prior model, whose weight of a promise is known."""
    calm = score_of(scored(record(["a"], orders=ORDERS)), 0).churn
    told = score_of(scored(promised(ts=["2024-08-24", "2024-08-28"])), 0).churn
    assert told.probability > calm.probability
    assert told.drivers[0] == "promise"
    (reason,) = [found for found in told.reasons if found.category == "promise"]
    assert (reason.code, reason.kind, reason.value, reason.unit) == (
        "promise_unkept",
        "driver",
        2,
        "promises",
    )
    assert reason.text_en == "2 promises, the first broken since 24 August 2024, not kept (8 days)"
    assert reason.text_zh == "有 2 项承诺未兑现，最早一项自 2024 年 8 月 24 日起逾期（8 天）"
    assert told.recommended_action.code == "keep_promise"


def test_one_promise_is_told_in_the_singular():
    (reason,) = [
        found
        for found in score_of(scored(promised(ts=["2024-08-31"])), 0).churn.reasons
        if found.category == "promise"
    ]
    assert reason.text_en == "Promise broken since 31 August 2024, not kept (1 day)"
    assert reason.text_zh == "承诺自 2024 年 8 月 31 日起逾期（1 天）"


def test_one_that_was_kept_late_is_told_until_it_has_faded():
    told = score_of(scored(promised(ts=["2024-08-24"], settled=["2024-08-26"])), 0).churn
    (reason,) = [found for found in told.reasons if found.category == "promise"]
    assert reason.code == "promise_broken"
    assert reason.text_en == "Promise broken on 24 August 2024 (8 days ago)"
    assert reason.text_zh == "最近 26 周有 1 项承诺未按期兑现，最近一项于 2024 年 8 月 24 日逾期（8 天前）"
    assert told.recommended_action.code == "follow_up_promise"
    faded = promised(ts=["2024-06-24"], settled=["2024-06-26"])
    assert "promise" not in score_of(scored(faded), 0).churn.drivers


def test_no_reason_without_a_broken_promise(world):
    scores = world.score(world.facts)
    assert "promise" not in thin_topics(
        churn_inputs(scores.known, world.model.purchase, 4.0, world.model.usual_gap)
    )
    none = scores.known.care.promises_unkept + scores.known.care.promises_broken_26 == 0
    weight = scores.forecast.reasons.weight[:, TOPICS.index("promise")]
    assert none.sum() > 200
    assert np.all(weight[none] == 0.0)
    assert np.any(weight[~none] > 0.0)


@pytest.fixture(scope="module")
def company() -> Facts:
    """Two years of a company whose customers come all along and leave over promises that are not kept.

    Complaints and contacts come and go as they like, and tell nothing.
    """
    chance = np.random.default_rng(11)
    logs = {kind: ([], []) for kind in ("orders", "complaints", "contacts", "promises")}
    settled = []
    for number in range(1200):
        name, start = f"c{number:04d}", chance.random() * 90.0
        leaves = start + chance.exponential(200.0)
        for broken in sorted(
            start + chance.random(chance.poisson((_WEEKS - start) / 30.0)) * (_WEEKS - start)
        ):
            if broken > leaves:
                break
            kept = chance.random() < 0.4
            _note(logs["promises"], name, broken)
            settled.append(broken + 1.0 if kept else np.inf)
            if not kept and chance.random() < 0.8:
                leaves = min(leaves, broken + chance.exponential(1.0))
        end, at, gap = min(leaves, _WEEKS), start, chance.gamma(8.0, 0.3)
        while at < end:
            _note(logs["orders"], name, at)
            at += chance.gamma(3.0, gap / 3.0)
        for kind in ("complaints", "contacts"):
            for when in start + chance.random(chance.poisson(3.0)) * (end - start):
                _note(logs[kind], name, when)
    columns = {kind: {"customer": np.array(who), "ts": _at(when)} for kind, (who, when) in logs.items()}
    columns["orders"]["amount"] = chance.gamma(2.0, 50.0, len(logs["orders"][0]))
    columns["complaints"]["resolved"] = columns["complaints"]["ts"] + 3 * DAY
    columns["contacts"]["direction"] = np.full(len(columns["contacts"]["ts"]), "in")
    columns["promises"]["settled"] = _at(settled)
    return record([f"c{number:04d}" for number in range(1200)], **columns)


def _note(log, name, week):
    log[0].append(name)
    log[1].append(week)


def _at(weeks) -> np.ndarray:
    start = np.datetime64("2023-01-01T10:00", "us")
    days = np.asarray(weeks, dtype=float) * 7.0
    known = np.isfinite(days)
    moments = start + (np.where(known, days, 0.0) * 86400e6).astype("timedelta64[us]")
    return np.where(known, moments, np.datetime64("NaT"))


def test_where_broken_promises_drive_customers_away_the_model_says_so(company):
    as_of = np.datetime64("2024-11-24T12:00", "us")
    model = learn(company, as_of, horizon_weeks=4)
    scores = scored(company, model, as_of)
    seen, risk = scores.known, scores.forecast.risk.probability
    buying = seen.bought & (seen.rhythm.silence <= 3.0)
    let_down = buying & (seen.care.promises_unkept > 0) & (seen.care.unkept_weeks <= 8.0)
    calm = buying & (seen.care.promise_pressure == 0)
    assert model.basis == "fitted"
    assert not any(model.churn.judgement.weights[-3:]), "learnt, not judged"
    assert min(let_down.sum(), calm.sum()) > 30
    told = np.concatenate([risk[let_down], risk[calm]])
    assert metrics.auc(told, np.arange(len(told)) < let_down.sum()) > 0.85
    first = [score_of(scores, int(index)).churn.drivers[:1] for index in np.flatnonzero(let_down)]
    assert np.mean([drivers == ("promise",) for drivers in first]) > 0.9
