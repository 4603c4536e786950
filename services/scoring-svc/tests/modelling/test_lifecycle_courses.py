"""Random courses of customers: stages never jump without orders, days never run backwards, replays agree."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.lifecycle import (
    ACTIVE,
    AT_RISK,
    FIRST_PURCHASE,
    LOST,
    LOYAL,
    NEW,
    NO_STAGE,
    PROSPECT,
    STAGES,
    WON_BACK,
    PreviousStages,
    Stages,
    chance_a_week_ago,
    stages,
)
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.purchase import histories
from scoring_svc.modelling.purchase_fit import usual_model

START = np.datetime64("2023-01-02T10:00", "us")
DAY = np.timedelta64(1, "D")
POLICY = Policy()
USUAL_GAP, HORIZON = 4.0, 13.0
MODEL = usual_model(USUAL_GAP)
CAUSES = {
    PROSPECT: {"no_tie_left", "orders_taken_back"},
    NEW: {"tie_recorded", "orders_taken_back"},
    FIRST_PURCHASE: {"first_order", "risk_fell", "orders_taken_back", "no_longer_lost"},
    ACTIVE: {"repeat_order", "risk_fell", "habit_weakened", "won_back_settled", "no_longer_lost"},
    LOYAL: {"habit_formed", "risk_fell", "no_longer_lost"},
    AT_RISK: {"risk_high", "second_order_missing", "no_longer_lost"},
    LOST: {"silent_too_long", "declared_lost"},
    WON_BACK: {"order_after_lost"},
}


@dataclass(frozen=True)
class Look:
    """One look at a customer; `lost`: somebody says that it is lost and it has not ordered since."""

    day: int
    lost: bool


@dataclass(frozen=True)
class Course:
    orders: tuple[int, ...]
    contacts: tuple[int, ...]
    complaints: tuple[int, ...]
    looks: tuple[Look, ...]

    @property
    def facts(self) -> Facts:
        return record(
            ["a"],
            orders={**_log(self.orders), "amount": np.ones(len(self.orders))},
            contacts={**_log(self.contacts), "direction": ["in"] * len(self.contacts)},
            complaints={**_log(self.complaints), "severity": np.full(len(self.complaints), 3.0)},
        )


def _log(days: tuple[int, ...]) -> dict[str, object]:
    return {"customer": ["a"] * len(days), "ts": START + np.array(days, dtype=np.int64) * DAY}


DAYS = st.integers(0, 900)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    gap = draw(st.integers(3, 60))
    steady = tuple(range(draw(DAYS), draw(st.integers(0, 1200)), gap))
    looks = sorted(draw(st.sets(st.integers(0, 1500), min_size=3, max_size=25)))
    words = draw(st.lists(st.booleans(), min_size=len(looks), max_size=len(looks)))
    rarely = draw(st.booleans())
    orders = tuple(sorted({*steady, *draw(st.lists(DAYS, max_size=4))}))
    said = [word and rarely for word in words]
    return Course(
        orders,
        tuple(draw(st.lists(DAYS, max_size=4))),
        tuple(draw(st.lists(DAYS, max_size=2))),
        tuple(Look(day, word) for day, word in zip(looks, said, strict=True)),
    )


def walked(course: Course) -> list[Stages]:
    """What the looks saw, one after the other."""
    seen: list[Stages] = []
    before = PreviousStages(np.array([NO_STAGE]), np.array([np.datetime64("NaT", "D")]))
    for look in course.looks:
        known = features(course.facts, START + look.day * DAY)
        history = histories(known.rhythm)
        now = stages(
            known,
            MODEL.p_buy(history, HORIZON),
            chance_a_week_ago(MODEL, history, HORIZON),
            POLICY,
            USUAL_GAP,
            previous=before,
            declared_lost=np.array([look.lost]),
        )
        seen.append(now)
        before = PreviousStages(now.stage, now.since)
    return seen


def _ordered(course: Course, look: Look) -> int:
    return len({day for day in course.orders if day <= look.day})


@settings(max_examples=120, deadline=None)
@given(course=courses())
def test_a_stage_asks_for_the_orders_that_it_speaks_of(course):
    for look, now in zip(course.looks, walked(course), strict=True):
        stage, orders = int(now.stage[0]), _ordered(course, look)
        if look.lost:
            assert stage == LOST
        elif stage in (PROSPECT, NEW):
            assert orders == 0
        elif stage == FIRST_PURCHASE:
            assert orders == 1
        elif stage == LOYAL:
            assert orders >= POLICY.stages.loyal_orders
        elif stage == ACTIVE:
            assert orders >= 2
        elif stage == WON_BACK:
            assert int(now.previous[0]) in (LOST, WON_BACK)
            assert orders >= 1
        else:
            assert orders >= 1


@settings(max_examples=120, deadline=None)
@given(course=courses())
def test_days_never_run_backwards_and_every_move_has_a_cause_that_fits(course):
    last = np.datetime64("1970-01-01", "D")
    before = NO_STAGE
    for look, now in zip(course.looks, walked(course), strict=True):
        today = (START + look.day * DAY).astype("datetime64[D]")
        stage, since = int(now.stage[0]), now.since[0]
        assert last <= since <= today
        if stage == before:
            assert since == last
            assert now.cause(0) == ""
        else:
            assert since == today
            assert now.cause(0) in CAUSES[stage], (STAGES[before], STAGES[stage])
        last, before = since, stage


@settings(max_examples=60, deadline=None)
@given(course=courses())
def test_a_replay_gives_the_same_history(course):
    def told() -> list[tuple[int, str, str]]:
        return [(int(now.stage[0]), str(now.since[0]), now.cause(0)) for now in walked(course)]

    assert told() == told()


@settings(max_examples=60, deadline=None)
@given(course=courses(), again=st.integers(0, 3))
def test_looking_twice_on_a_day_moves_nobody_twice(course, again):
    looks = tuple(look for look in course.looks for _ in range(again + 1))
    once = {look.day: int(now.stage[0]) for look, now in zip(course.looks, walked(course), strict=True)}
    more = Course(course.orders, course.contacts, course.complaints, looks)
    seen = {look.day: int(now.stage[0]) for look, now in zip(looks, walked(more), strict=True)}
    assert seen == once


def _steady(*looks: int, orders: tuple[int, ...] = tuple(range(0, 280, 14))) -> list[str]:
    seen = walked(Course(orders, (), (), tuple(Look(day, lost=False) for day in looks)))
    return [STAGES[int(now.stage[0])] for now in seen]


def test_silence_makes_a_loyal_customer_lost_only_when_a_week_earlier_it_looked_so_too():
    days = range(266, 800)
    walk = _steady(*days)
    assert walk[0] == "loyal"
    first = days[walk.index("lost")]
    assert "at_risk" in walk
    assert _steady(first) == ["lost"], "one run is enough: the other look is computed, not awaited"
    known = features(Course(tuple(range(0, 280, 14)), (), (), ()).facts, START + (first - 7) * DAY)
    chance = MODEL.p_buy(histories(known.rhythm), HORIZON)[0]
    assert chance < POLICY.stages.lost_below


def test_an_order_after_the_loss_wins_back_for_thirteen_weeks():
    orders = (*range(0, 280, 14), 800, *range(814, 1000, 14))
    days = (266, 790, 801, 801 + 90, 801 + 92)
    assert _steady(*days, orders=orders) == ["loyal", "lost", "won_back", "won_back", "loyal"]


def test_taking_the_word_back_leads_where_the_orders_say():
    looks = (Look(266, lost=False), Look(267, lost=True), Look(268, lost=False))
    seen = walked(Course(tuple(range(0, 280, 14)), (), (), looks))
    assert [(STAGES[int(now.stage[0])], now.cause(0)) for now in seen] == [
        ("loyal", "habit_formed"),
        ("lost", "declared_lost"),
        ("loyal", "no_longer_lost"),
    ]
