"""The engine, for any facts and any playbook: chunks do not matter, no step comes twice, endings end."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from notify_svc.playbook_runs.domain import (
    OBJECTION,
    TRANSITIONS,
    Book,
    Ended,
    Entered,
    Fact,
    Offer,
    advance,
    take,
)
from notify_svc.playbook_runs.foreseeing import Foresight
from notify_svc.playbooks.conditions import holds
from notify_svc.playbooks.domain import Known, findings
from notify_svc.standing.domain import Standing
from notify_svc.workdays import is_workday, next_at

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CUSTOMERS = [UUID(int=number) for number in range(1, 4)]
FORMS = {"email": "email", "sms": "sms"}
NOTHING = Known({}, {}, frozenset())

kinds = st.sampled_from(["stage", "tier", "order.recorded", "complaint.opened", OBJECTION])
codes = st.sampled_from(["lost", "active", "core", "ordinary", None])
gaps = st.integers(0, 60).map(lambda hours: timedelta(hours=hours))
condition = st.sampled_from(
    [
        None,
        {"all": [{"field": "orders", "at_least": 1}], "any": []},
        {"all": [], "any": [{"field": "tier", "one_of": ["core"]}, {"field": "orders", "at_most": 0}]},
    ]
)
ending = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"event": st.sampled_from(["order.recorded", "complaint.opened"]), "condition": st.none()}
    ),
    st.fixed_dictionaries({"event": st.none(), "condition": condition.filter(bool)}),
)
entry = st.sampled_from([{"mode": "once"}, {"mode": "always"}, {"mode": "per_days", "days": 2}])
trigger = st.sampled_from(
    [
        {"on": "stage", "entered": ["lost"]},
        {"on": "tier", "direction": "up"},
        {"on": "event", "event": "order.recorded"},
    ]
)


@st.composite
def steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    size = draw(st.integers(1, 8))
    for number in range(1, size + 1):
        targets = [*range(number + 1, size + 1), "end"]
        kind = draw(st.sampled_from(["wait", "condition", "reminder", "message", "set_tag"]))
        step: dict[str, Any] = {"kind": kind}
        if kind == "wait":
            step |= {"days": draw(st.integers(0, 3)), "hours": draw(st.integers(1, 23))}
        if kind == "condition":
            step |= {
                "condition": draw(condition.filter(bool)),
                "then_go_to": draw(st.sampled_from([None, *targets])),
                "else_go_to": draw(st.sampled_from(targets)),
            }
        if kind == "message":
            step |= {"template": "t", "channels": ["email"], "purpose": "care", "variables": {}}
        made.append(step)
    return made


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    said = {
        "trigger": draw(trigger),
        "condition": draw(condition),
        "entry": draw(entry),
        "goal": draw(ending),
        "exit": draw(ending),
        "marketing": draw(st.booleans()),
        "steps": draw(steps()),
    }
    return Offer(UUID(int=draw(st.integers(100, 10**9))), 1, said)


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    at, found = START, []
    for _ in range(draw(st.integers(0, 25))):
        at += draw(gaps)
        found.append(Fact(draw(kinds), draw(st.sampled_from(CUSTOMERS)), draw(codes), draw(codes), at))
    return found


def standing(customer: UUID, orders: int, tier: str | None, *, objects: bool) -> Standing:
    return Standing(customer, tier=tier, orders=orders, objects=objects)


standings = st.fixed_dictionaries(
    {
        customer: st.builds(
            lambda orders, tier, objects, customer=customer: standing(
                customer, orders, tier, objects=objects
            ),
            st.integers(0, 2),
            st.sampled_from(["core", None]),
            st.booleans(),
        )
        for customer in CUSTOMERS
    }
)


def effects(given_facts: list[Fact], chosen: list[Offer], known: Any, cuts: set[int]) -> list[Any]:
    """What facts do when they come in chunks: between chunks only the book is kept, as rows would keep it."""
    book, found = Book(), []
    for place, fact in enumerate(given_facts):
        if place in cuts:
            book = Book({key: list(live) for key, live in book.live.items() if live}, dict(book.entered))
        found += list(take(fact, chosen, book, known[fact.customer_id]))
    return found


@given(
    facts(),
    st.lists(offers(), max_size=3, unique_by=lambda offer: offer.playbook_id),
    standings,
    st.sets(st.integers(0, 25)),
)
def test_the_same_facts_in_any_chunks_do_the_same(
    found: list[Fact], chosen: list[Offer], known: Any, cuts: set[int]
) -> None:
    assert effects(found, chosen, known, cuts) == effects(found, chosen, known, set())


@given(facts(), offers(), standings)
def test_nobody_is_inside_twice_and_the_entry_rule_is_kept(
    found: list[Fact], offer: Offer, known: Any
) -> None:
    inside: set[UUID] = set()
    entered: dict[UUID, list[datetime]] = {}
    for done in effects(found, [offer], known, set()):
        if isinstance(done, Entered):
            assert done.customer_id not in inside
            assert not (offer.definition["marketing"] and known[done.customer_id].objects)
            inside.add(done.customer_id)
            entered.setdefault(done.customer_id, []).append(done.at)
        else:
            inside.remove(done.live.customer_id)
    for moments in entered.values():
        rule = offer.definition["entry"]
        assert rule["mode"] != "once" or len(moments) == 1
        if rule["mode"] == "per_days":
            assert all(b - a >= timedelta(days=rule["days"]) for a, b in pairwise(moments))


@given(facts(), offers(), standings)
def test_the_goals_event_ends_every_run_that_is_going_on(found: list[Fact], offer: Offer, known: Any) -> None:
    goal = (offer.definition["goal"] or {}).get("event")
    book = Book()
    for fact in found:
        before = list(book.live.get(fact.customer_id, ()))
        done = list(take(fact, [offer], book, known[fact.customer_id]))
        if fact.kind == goal and before:
            assert [(each.live, each.outcome) for each in done if isinstance(each, Ended)] == [
                (live, "goal_reached") for live in before
            ]


@given(offers(), st.sampled_from(CUSTOMERS).flatmap(lambda _: standings))
def test_no_step_is_taken_twice_and_every_run_comes_to_an_end(offer: Offer, known: Any) -> None:
    assert not [each for each in findings(offer.definition, NOTHING, FORMS) if each.code == "not_forward"]
    for customer in CUSTOMERS:
        number, now, seen, outcome = 1, START, list[int](), None
        while outcome is None:
            move = advance(offer.definition, number, known[customer], now)
            seen += [move.step] if move.step is not None else []
            assert move.wake_at >= now
            number, now, outcome = move.then, move.wake_at, move.outcome
            assert len(seen) <= len(offer.definition["steps"])
        assert seen == sorted(set(seen))


@given(offers(), st.integers(1, 8), st.integers(-3, 12))
def test_a_jump_that_is_not_forward_is_found(offer: Offer, number: int, to: int) -> None:
    all_steps = offer.definition["steps"]
    place = min(number, len(all_steps))
    jump = {
        "kind": "condition",
        "condition": {"all": [{"field": "orders", "at_least": 1}]},
        "then_go_to": to,
        "else_go_to": "end",
    }
    said = {**offer.definition, "steps": [*all_steps[: place - 1], jump, *all_steps[place:]]}
    wrong = [each for each in findings(said, NOTHING, FORMS) if each.pointer.endswith("then_go_to")]
    assert bool(wrong) == (not place < to <= len(all_steps))


@settings(max_examples=60)
@given(facts(), offers(), standings, st.lists(st.integers(1, 24), max_size=4))
def test_foresight_does_not_depend_on_its_pages(
    found: list[Fact], offer: Offer, known: Any, cuts: list[int]
) -> None:
    def foreseen(places: list[int]) -> Any:
        foresight = Foresight(offer, ZoneInfo("UTC"))
        edges = [0, *sorted(set(places)), len(found)]
        for start, end in pairwise(edges):
            foresight.take(found[start:end], known)
        return foresight.finish(START + timedelta(days=90), known)

    whole, parts = foreseen([]), foreseen([cut for cut in cuts if cut < len(found)])
    assert whole == parts
    assert whole.entered == whole.outcomes.total() + whole.going_on
    assert whole.entered == sum(whole.by_day.values())


def test_what_never_happened_is_longer_ago_than_any_day() -> None:
    never = Standing(CUSTOMERS[0])
    assert holds({"all": [{"field": "days_since_last_contact", "at_least": 10_000}]}, never, START)
    assert not holds({"all": [{"field": "days_since_last_contact", "at_most": 10_000}]}, never, START)
    lately = Standing(CUSTOMERS[0], last_contact_at=START - timedelta(days=2, hours=12))
    assert holds({"all": [{"field": "days_since_last_contact", "at_least": 2, "at_most": 3}]}, lately, START)
    assert not holds({"all": [{"field": "days_since_last_contact", "at_least": 3}]}, lately, START)


def test_finished_runs_go_nowhere() -> None:
    assert {before for before, _ in TRANSITIONS} == {"running", "paused"}


def test_workdays_know_spring_festival_and_the_sunday_that_is_worked_for_it() -> None:
    def shanghai(*at: int) -> datetime:
        return datetime(*at, tzinfo=ZoneInfo("Asia/Shanghai"))  # type: ignore[arg-type,misc]

    at = {"timezone": "Asia/Shanghai", "country": "CN"}
    assert not is_workday(datetime(2025, 1, 28).date(), "CN")  # noqa: DTZ001 - a day
    assert is_workday(datetime(2025, 1, 26).date(), "CN")  # noqa: DTZ001 - a day
    assert next_at(shanghai(2025, 1, 27, 9, 1), time(9), **at) == shanghai(2025, 2, 5, 9)
    assert next_at(shanghai(2025, 1, 25, 12), time(9), **at) == shanghai(2025, 1, 26, 9)
    assert next_at(shanghai(2025, 1, 27, 9), time(9), **at) == shanghai(2025, 1, 27, 9)
