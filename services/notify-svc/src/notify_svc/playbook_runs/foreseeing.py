"""A dry run: what a playbook would have done with the facts of the last weeks, told by the engine itself."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from notify_svc.playbook_runs.domain import Book, Entered, Fact, Live, Offer, advance, take
from notify_svc.standing.domain import Standing

SHOWN_CUSTOMERS = 20


@dataclass
class _Way:
    live: Live
    number: int
    wake_at: datetime


@dataclass
class Foreseen:
    """Entries by day, how often each step was taken, how runs ended; and whose runs these would be."""

    entered: int = 0
    by_day: Counter[date] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    customers: dict[UUID, None] = field(default_factory=dict)
    facts: int = 0

    @property
    def going_on(self) -> int:
        """Runs that would not be over yet."""
        return self.entered - self.outcomes.total()


class Foresight:
    """Takes facts in the order in which they happened. Other services are supposed to say yes at once.

    Conditions go by `standing`, which is how customers stand now: how they stood then is not kept.
    """

    def __init__(self, offer: Offer, zone: ZoneInfo) -> None:
        self.found = Foreseen()
        self._offer = offer
        self._zone = zone
        self._book = Book()
        self._ways: dict[UUID, _Way] = {}

    def take(self, facts: Iterable[Fact], standings: Mapping[UUID, Standing]) -> None:
        """Go on with these facts, none of them older than those before."""
        for fact in facts:
            self.found.facts += 1
            self._go(fact.customer_id, fact.at, standings[fact.customer_id])
            for done in take(fact, [self._offer], self._book, standings[fact.customer_id]):
                if isinstance(done, Entered):
                    self._enter(done)
                else:
                    self._leave(done.live.customer_id, done.outcome)

    def finish(self, now: datetime, standings: Mapping[UUID, Standing]) -> Foreseen:
        """Go on until now with the runs that are going on; the customers of all facts are among these."""
        for customer_id in list(self._ways):
            self._go(customer_id, now, standings[customer_id])
        return self.found

    def _enter(self, entered: Entered) -> None:
        live = self._book.live[entered.customer_id][-1]
        self._ways[entered.customer_id] = _Way(live, 1, entered.at)
        self.found.entered += 1
        self.found.by_day[entered.at.astimezone(self._zone).date()] += 1
        if len(self.found.customers) < SHOWN_CUSTOMERS:
            self.found.customers[entered.customer_id] = None

    def _leave(self, customer_id: UUID, outcome: str) -> None:
        del self._ways[customer_id]
        self.found.outcomes[outcome] += 1

    def _go(self, customer_id: UUID, until: datetime, standing: Standing) -> None:
        way = self._ways.get(customer_id)
        while way is not None and way.wake_at <= until:
            move = advance(self._offer.definition, way.number, standing, way.wake_at)
            if move.step is not None:
                self.found.steps[move.step] += 1
            if move.outcome is not None:
                self._book.end(way.live, move.outcome, move.code or move.outcome)
                self._leave(customer_id, move.outcome)
                return
            way.number, way.wake_at = move.then, move.wake_at
