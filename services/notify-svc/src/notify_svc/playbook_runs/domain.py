"""The engine: who enters a playbook, what the next step does, and what ends a run. Pure.

The runner and the dry run both go by these functions, so that one foretells the other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from notify_svc.playbooks.conditions import holds
from notify_svc.playbooks.domain import END, TIERS, Definition
from notify_svc.standing.domain import Standing
from notify_svc.workdays import next_at

RunState = Literal["running", "paused", "finished"]
Outcome = Literal["goal_reached", "completed", "stopped", "exited"]
StepState = Literal["done", "skipped", "waiting", "failed"]
Deed = Literal["pause", "resume", "finish"]

OBJECTION = "objection.made"
TRANSITIONS: Mapping[tuple[RunState, Deed], RunState] = {
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("running", "finish"): "finished",
    ("paused", "finish"): "finished",
}
_COUNTRY = "CN"


class Fact(NamedTuple):
    """Something that happened to a customer: an event, or `tier`, `stage`, `churn` moving between codes."""

    kind: str
    customer_id: UUID
    from_code: str | None
    to_code: str | None
    at: datetime


class Offer(NamedTuple):
    """A playbook that can be entered, by the version that holds."""

    playbook_id: UUID
    number: int
    definition: Definition


class Live(NamedTuple):
    """A run that is not finished."""

    run_id: UUID | None
    offer: Offer
    customer_id: UUID


class Entered(NamedTuple):
    """A customer enters a playbook at a moment."""

    offer: Offer
    customer_id: UUID
    at: datetime
    run_id: UUID | None


class Ended(NamedTuple):
    """A run is over before its last step."""

    live: Live
    outcome: Outcome
    code: str


Key = tuple[UUID, UUID]


@dataclass
class Book:
    """By customer the runs that are going on, and when each customer entered each playbook last.

    Merged customers may have brought several runs of one playbook.
    """

    live: dict[UUID, list[Live]] = field(default_factory=dict)
    entered: dict[Key, datetime] = field(default_factory=dict)

    def enter(self, offer: Offer, customer_id: UUID, at: datetime, run_id: UUID | None = None) -> Entered:
        """Note that a customer entered."""
        self.live.setdefault(customer_id, []).append(Live(run_id, offer, customer_id))
        self.entered[offer.playbook_id, customer_id] = at
        return Entered(offer, customer_id, at, run_id)

    def end(self, live: Live, outcome: Outcome, code: str) -> Ended:
        """Note that a run is over."""
        self.live[live.customer_id].remove(live)
        return Ended(live, outcome, code)

    def is_inside(self, playbook_id: UUID, customer_id: UUID) -> bool:
        """Whether a run of this playbook is going on for the customer."""
        return any(live.offer.playbook_id == playbook_id for live in self.live.get(customer_id, ()))


def take(
    fact: Fact,
    offers: Sequence[Offer],
    book: Book,
    standing: Standing,
    new_id: Callable[[], UUID | None] = lambda: None,
) -> Iterator[Entered | Ended]:
    """What a fact does: first to the runs that are going on, then who enters. The book is kept up."""
    for live in list(book.live.get(fact.customer_id, ())):
        found = _ended_by(fact, live.offer.definition)
        if found is not None:
            yield book.end(live, *found)
    for offer in offers:
        if _triggered(offer.definition["trigger"], fact) and may_enter(offer, book, standing, fact):
            yield book.enter(offer, fact.customer_id, fact.at, new_id())


def _ended_by(fact: Fact, definition: Definition) -> tuple[Outcome, str] | None:
    if fact.kind == OBJECTION:
        return ("stopped", "objection") if definition["marketing"] else None
    endings: tuple[tuple[str, Outcome], ...] = (("goal", "goal_reached"), ("exit", "exited"))
    for name, outcome in endings:
        if (definition.get(name) or {}).get("event") == fact.kind:
            return outcome, fact.kind
    return None


def _triggered(trigger: Mapping[str, Any], fact: Fact) -> bool:
    if trigger["on"] == "event":
        return bool(trigger["event"] == fact.kind)
    if trigger["on"] != fact.kind:
        return False
    entered, left = trigger.get("entered"), trigger.get("left")
    return (
        (entered is None or fact.to_code in entered)
        and (left is None or fact.from_code in left)
        and trigger.get("direction") in (None, _direction(fact))
    )


def _direction(fact: Fact) -> str | None:
    """Which way a tier moved; None for the first one, and for tiers that nobody ranks."""
    if fact.from_code not in TIERS or fact.to_code not in TIERS:
        return None
    return "up" if TIERS.index(fact.to_code) > TIERS.index(fact.from_code) else "down"


def may_enter(offer: Offer, book: Book, standing: Standing, fact: Fact) -> bool:
    """Whether the entry rule, the condition and the customer's own word let it in.

    Nobody enters twice at once, nor a playbook whose goal is reached.
    """
    definition, key = offer.definition, (offer.playbook_id, fact.customer_id)
    rule, last = definition["entry"], book.entered.get(key)
    if book.is_inside(*key) or (last is not None and rule["mode"] == "once"):
        return False
    if last is not None and rule["mode"] == "per_days" and fact.at < last + timedelta(days=rule["days"]):
        return False
    return (
        holds(definition.get("condition"), standing, fact.at) and over(definition, standing, fact.at) is None
    )


def over(definition: Definition, standing: Standing, now: datetime) -> tuple[Outcome, str] | None:
    """What ends a run as the customer stands now, before its next step; None: nothing."""
    if standing.status not in (None, "active"):
        return "stopped", "customer_inactive"
    if definition["marketing"] and standing.objects:
        return "stopped", "objection"
    endings: tuple[tuple[str, Outcome], ...] = (("goal", "goal_reached"), ("exit", "exited"))
    for name, outcome in endings:
        condition = (definition.get(name) or {}).get("condition")
        if condition is not None and holds(condition, standing, now):
            return outcome, name
    return None


class Move(NamedTuple):
    """What a run does when its moment has come.

    `step` is the number of the step that was taken (None: none was), `effect` what is to happen outside the
    run, `then` the next step; the run is looked at again at `wake_at`, unless it is over by `outcome`.
    """

    step: int | None
    state: StepState
    code: str | None
    effect: Mapping[str, Any] | None
    then: int
    wake_at: datetime
    outcome: Outcome | None = None


ASKING = frozenset({"open_complaint", "set_tag", "remove_tag"})
"""Steps that other services are asked for; the run waits for their answer."""


def advance(definition: Definition, number: int, standing: Standing, now: datetime) -> Move:
    """The next move of a run that stands before step `number`; each step is taken once at most."""
    steps = definition["steps"]
    found = over(definition, standing, now)
    if found is not None:
        return Move(None, "skipped", found[1], None, number, now, found[0])
    if number > len(steps):
        return Move(None, "done", None, None, number, now, "completed")
    step = steps[number - 1]
    kind = step["kind"]
    if kind == "condition":
        return _branch(definition, number, now, held=holds(step["condition"], standing, now))
    if kind in ("wait", "wait_until_workday"):
        return Move(number, "done", None, None, number + 1, _waited(step, now))
    state: StepState = "waiting" if kind in ASKING else "done"
    return _next(Move(number, state, None, step, number + 1, now), len(steps))


def doubled(number: int, now: datetime) -> Move:
    """The move of a run beside an earlier one of the same playbook, since its customer was merged."""
    return Move(None, "skipped", "customer_merged", None, number, now, "stopped")


def _next(move: Move, last: int) -> Move:
    """A run whose last step is taken is completed, unless that step waits for an answer or a time."""
    return move._replace(outcome="completed") if move.then > last and move.state == "done" else move


def _branch(definition: Definition, number: int, now: datetime, *, held: bool) -> Move:
    step, last = definition["steps"][number - 1], len(definition["steps"])
    to = (step.get("then_go_to") or number + 1) if held else step["else_go_to"]
    then = last + 1 if to == END else to
    state: StepState = "done" if held else "skipped"
    code = "condition_held" if held else "condition_failed"
    return Move(number, state, code, None, then, now, "completed" if then > last else None)


def _waited(step: Mapping[str, Any], now: datetime) -> datetime:
    if step["kind"] == "wait":
        return now + timedelta(days=step["days"], hours=step["hours"])
    at = time.fromisoformat(step["at"])
    return next_at(now, at, timezone=step["timezone"], country=_COUNTRY)
