"""States kept event by event give the features that the whole log gives, at any later day."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import Features, features
from scoring_svc.modelling.states.ageing import features_of
from scoring_svc.modelling.states.building import states_of
from scoring_svc.modelling.states.columns import States
from scoring_svc.modelling.states.layout import ALL, NOTHING, Part, is_current
from scoring_svc.modelling.states.state import PART_OF, State
from scoring_svc.modelling.states.told import (
    DAY,
    Answered,
    Bought,
    Broke,
    Complained,
    Referred,
    Talked,
    Told,
)

UNIT = 100.0
START = 19_700 * DAY
DIRECTIONS = ("", "in", "out")
LATER = (0, 1, 6, 13, 29, 57, 92, 183, 365, 1000)
MONEY = ("sold", "returned", "net_52", "net_13", "net_before_13", "last_value")

moments = st.integers(0, 500 * 24).map(lambda hours: START + hours * DAY // 24)
days = st.integers(0, 500).map(lambda day: START + day * DAY)
gaps = st.integers(0, 60 * DAY)
marks = st.integers(1, 5).map(float)


def maybe(strategy: Any) -> Any:
    return st.none() | strategy


orders = st.builds(Bought, moments | days, st.integers(0, 500_000), st.sampled_from([False] * 4 + [True]))
complaints = st.builds(
    lambda at, severity, took: Complained(at, severity, None if took is None else at + took),
    moments, st.integers(1, 4), maybe(gaps),
)  # fmt: skip
contacts = st.builds(Talked, moments, st.integers(0, 2))
answers = st.builds(Answered, moments | days, marks, maybe(marks), maybe(marks), maybe(marks))
promises = st.builds(lambda at, took: Broke(at, None if took is None else at + took), moments, maybe(gaps))
referrals = st.builds(Referred, moments)
facts_told = orders | orders | orders | complaints | contacts | contacts | answers | promises | referrals


def log(told: dict[int, tuple[str, Told]], customers: list[str]) -> Facts:
    """The log as the service keeps it: each fact once, as it was last told."""
    by_kind: dict[type, dict[str, list[Any]]] = {
        kind: {"customer": [], **{each.name: [] for each in fields(kind)}} for kind in PART_OF
    }
    for who, fact in told.values():
        columns = by_kind[type(fact)]
        columns["customer"].append(who)
        for each in fields(fact):  # type: ignore[arg-type]
            columns[each.name].append(getattr(fact, each.name))
    bought, answered = by_kind[Bought], by_kind[Answered]
    complained, broke = by_kind[Complained], by_kind[Broke]

    def kind(columns: dict[str, list[Any]], **more: Any) -> dict[str, Any]:
        return {"customer": np.array(columns["customer"], dtype="U4"), "ts": times(columns["at"]), **more}

    return record(
        customers,
        orders=kind(
            bought,
            amount=np.array(bought["amount"], float) / UNIT,
            is_return=np.array(bought["is_return"], bool),
        ),
        complaints=kind(
            complained,
            severity=np.array(complained["severity"], float),
            resolved=times(complained["resolved"]),
        ),
        contacts=kind(by_kind[Talked], direction=[DIRECTIONS[each] for each in by_kind[Talked]["direction"]]),
        surveys=kind(
            answered,
            **{
                name: np.array(answered[name], dtype=float)
                for name in ("score", "quality", "attitude", "delivery")
            },
        ),
        promises=kind(broke, settled=times(broke["settled"])),
        referrals=kind(by_kind[Referred]),
    )


def times(moments: list[int | None]) -> np.ndarray:
    return np.array([np.datetime64("NaT") if at is None else at for at in moments], dtype="datetime64[us]")


def as_of(moment: int) -> np.datetime64:
    return np.datetime64(moment, "us")


@dataclass
class Keeper:
    """Keeps states beside a log, as the service does: what cannot go in is built anew when looked at."""

    told: dict[int, tuple[str, Told]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    documents: dict[str, bytes] = field(default_factory=dict)
    stale: dict[str, Part] = field(default_factory=dict)
    keeper: dict[str, str] = field(default_factory=dict)
    built: int = 0

    def hear(self, number: int, who: str, fact: Told, now: int) -> None:
        if number in self.told or number in self.gone:
            return
        who = self.keeper.get(who, who)
        self.told[number] = (who, fact)
        if who not in self.documents:
            self.documents[who], self.stale[who] = State().document(), NOTHING
        state = State.read(self.documents[who])
        self.stale[who] |= state.apply(fact, now)
        self.documents[who] = state.document()

    def retract(self, number: int) -> None:
        self.gone.add(number)
        if number in self.told:
            who, fact = self.told.pop(number)
            self.stale[who] |= PART_OF[type(fact)]

    def correct(self, number: int, fact: Told) -> None:
        if number in self.told and type(self.told[number][1]) is type(fact):
            who, _ = self.told[number]
            self.told[number] = (who, fact)
            self.stale[who] |= PART_OF[type(fact)]

    def merge(self, absorbed: str, into: str) -> None:
        self.keeper[absorbed] = into
        self.told = {number: (self.keeper.get(who, who), fact) for number, (who, fact) in self.told.items()}
        self.documents.pop(absorbed, None)
        self.documents.setdefault(into, State().document())
        self.stale[into] = ALL

    def look(self, now: int) -> tuple[list[str], States]:
        customers = sorted(self.documents)
        if not customers:
            return [], States.read([])
        states = States.read([self.documents[who] for who in customers])
        ended = states.ended(now)
        if not ended.any() and not any(self.stale[who] for who in customers):
            return customers, states
        built = states_of(log(self.told, customers), as_of(now), minor_per_unit=UNIT).documents()
        for place, who in enumerate(customers):
            parts = self.stale[who] | Part(int(ended[place]))
            if parts:
                self.built += 1
                state = State.read(self.documents[who])
                state.take(State.read(built[place]), parts)
                self.documents[who], self.stale[who] = state.document(), NOTHING
        return customers, States.read([self.documents[who] for who in customers])


def columns(known: Features) -> dict[str, np.ndarray]:
    parts = {"rhythm": known.rhythm, "care": known.care}
    return {
        f"{name}.{each.name}": getattr(part, each.name)
        for name, part in parts.items()
        for each in fields(part)
    }


def assert_same(found: Features, wanted: Features) -> None:
    gross = float(np.max(wanted.rhythm.sold + wanted.rhythm.returned, initial=1.0))
    for name, column in columns(wanted).items():
        atol = 1e-9 * (gross if name.rpartition(".")[2] in MONEY else 1.0)
        if column.dtype.kind == "M":
            assert np.array_equal(columns(found)[name], column, equal_nan=True), name
        else:
            np.testing.assert_allclose(columns(found)[name], column, rtol=1e-9, atol=atol, err_msg=name)


def assert_same_states(found: States, wanted: States) -> None:
    for name in wanted.heads.dtype.names or ():
        np.testing.assert_allclose(
            found.heads[name].astype(float), wanted.heads[name].astype(float), rtol=1e-9, err_msg=name
        )
    for name, rows in wanted.rows.items():
        assert np.array_equal(found.rows[name], rows), name


steps = st.tuples(
    st.sampled_from("ab"),
    facts_told,
    st.sampled_from((0, 0, 0, 0, 1, 40 * 24, -3 * 24)),  # hours late; what comes early is from the future
    st.sampled_from(("tell",) * 7 + ("retract", "correct", "again")),
    facts_told,
)


@settings(max_examples=40, deadline=None)
@given(
    told=st.lists(steps, min_size=1, max_size=30),
    looked_at=st.lists(moments, max_size=3),
    merged_at=st.none() | moments,
)
def test_any_course_of_events_gives_the_features_of_the_log(told, looked_at, merged_at):
    """Late, doubled, from the future, corrected, taken back before and after they are told of, and merged."""
    keeper, course = Keeper(), []
    for number, (who, fact, late, verb, other) in enumerate(told):
        at = fact.at + late * DAY // 24
        course.append((at, number, keeper.hear, (number, who, fact)))
        if verb == "again":
            course.append((at + 30 * DAY, number, keeper.hear, (number, who, fact)))
        elif verb == "retract":
            course.append((other.at, number, keeper.retract, (number,)))
        elif verb == "correct":
            course.append((max(at, other.at), number, keeper.correct, (number, other)))
    course += [(at, -1, keeper.look, ()) for at in looked_at]
    if merged_at is not None:
        course.append((merged_at, -2, keeper.merge, ("b", "a")))
    now = START
    for at, _, happens, values in sorted(course, key=lambda step: step[:2]):
        now = at
        happens(*values, *([at] if happens in (keeper.hear, keeper.look) else []))
    for later in LATER:
        moment = now + later * DAY
        customers, states = keeper.look(moment)
        facts = log(keeper.told, customers)
        known = features_of(states, as_of(moment), minor_per_unit=UNIT)
        assert_same(known, features(facts, as_of(moment)))
    assert_same_states(states, states_of(facts, as_of(moment), minor_per_unit=UNIT))


@settings(max_examples=60, deadline=None)
@given(told=st.lists(facts_told, max_size=25), seed=st.randoms())
def test_what_comes_in_order_is_never_built_anew(told, seed):
    ordered = sorted(told, key=lambda fact: fact.at)
    answered = {fact.at: fact for fact in ordered if isinstance(fact, Answered)}  # no two at once
    ordered = [fact for fact in ordered if not isinstance(fact, Answered) or answered[fact.at] is fact]
    ends = (getattr(fact, "resolved", None) or getattr(fact, "settled", None) for fact in ordered)
    now = max([START, *(fact.at for fact in ordered), *(end for end in ends if end)])
    state = State()
    for fact in ordered:
        assert state.apply(fact, now) is NOTHING
    facts = log(dict(enumerate(("a", fact) for fact in ordered)), ["a"])
    kept = States.read([state.document()])
    assert_same_states(kept, states_of(facts, as_of(now), minor_per_unit=UNIT))
    assert State.read(state.document()) == state or "nan" in repr(state)


def test_many_states_are_read_and_written_as_one(invent):
    facts = invent(300, 3)
    now = np.datetime64("2025-03-01", "us")
    states = states_of(facts, now, minor_per_unit=1e6)
    documents = states.documents()
    assert all(map(is_current, documents))
    assert [State.read(each).document() for each in documents] == documents
    assert States.read(documents).documents() == documents
    for later in ("2025-03-01", "2025-03-29", "2025-12-31"):
        moment = np.datetime64(later, "us")
        known = features_of(States.read(documents), moment, minor_per_unit=1e6)
        wanted = features(facts, moment)
        for name, column in columns(wanted).items():
            if column.dtype.kind != "M":
                np.testing.assert_allclose(columns(known)[name], column, rtol=1e-6, atol=1e-3, err_msg=name)


def test_a_document_of_another_format_is_not_current():
    document = State().document()
    assert is_current(document)
    assert not is_current(b"")
    assert not is_current(bytes([99, *document[1:]]))


def test_an_order_dated_tomorrow_counts_from_its_moment_on():
    now, tomorrow = START + DAY // 2, START + DAY + DAY // 3
    state = State()
    assert state.apply(Bought(START, 100_00), now) is NOTHING
    assert state.apply(Bought(tomorrow, 50_00), now) is NOTHING
    states = States.read([state.document()])
    assert features_of(states, as_of(now), minor_per_unit=UNIT).rhythm.order_days[0] == 1
    assert states.next_end[0] == tomorrow
    assert states.ended(tomorrow - 1)[0] == 0
    assert states.ended(tomorrow)[0] == Part.BUYING


@pytest.mark.parametrize(
    "told",
    [
        [],
        [Bought(START, 0)],
        [Bought(START, 100, is_return=True)],
        [Bought(START, 100), Bought(START, 100)],
        [Bought(START + place * 7 * DAY, 0) for place in range(9)],
        [Bought(START + place * 7 * DAY, 1000) for place in range(9)],
    ],
    ids=["nothing", "for nothing", "a return alone", "one day", "worthless", "constant"],
)
def test_odd_histories_have_finite_features(told):
    state, now = State(), START + 70 * DAY
    for fact in told:
        assert state.apply(fact, now) is NOTHING
    facts = log(dict(enumerate(("a", fact) for fact in told)), ["a"])
    known = features_of(States.read([state.document()]), as_of(now), minor_per_unit=UNIT)
    assert_same(known, features(facts, as_of(now)))
    assert known.rhythm.silence[0] >= 0
    for name, column in columns(known).items():
        assert column.dtype.kind == "M" or name.startswith("care") or np.isfinite(column).all(), name


def test_a_customer_with_a_hundred_thousand_orders_has_a_small_state():
    now = START + 3000 * DAY
    state = State()
    for place in range(100_000):
        state.apply(Bought(START + place * DAY * 3000 // 100_000, 1000), now)
    assert len(state.document()) < 8_000
    assert state.parts[Part.BUYING].sold == 100_000_000
