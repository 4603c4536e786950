"""Service levels: which policy's terms hold for a case, and the default ones that hold without a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from interaction_svc.sla.clock import WALL, Clock

Severity = Literal["low", "normal", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
Metric = Literal["first_answer", "next_answer", "resolution"]
METRICS: tuple[str, ...] = get_args(Metric)
SlaState = Literal["running", "paused", "met", "breached"]
Recipient = Literal["owner", "lead", "manager"]

RESOLUTION_HOURS: Mapping[str, int] = {"critical": 24, "high": 48, "normal": 120, "low": 240}
"""From opening (or reopening) to the resolution."""

STEP_HOURS: Mapping[str, Mapping[str, int]] = {
    "received": {"critical": 1, "high": 4, "normal": 24, "low": 48},
    "classified": {"critical": 2, "high": 8, "normal": 24, "low": 48},
    "waiting_customer": {"critical": 24, "high": 48, "normal": 72, "low": 120},
    "investigating": {"critical": 8, "high": 24, "normal": 72, "low": 120},
    "resolving": {"critical": 24, "high": 48, "normal": 72, "low": 120},
    "resolved": {"critical": 24, "high": 24, "normal": 48, "low": 72},
    "informed": {"critical": 24, "high": 48, "normal": 72, "low": 120},
    "mediation": {"critical": 24, "high": 48, "normal": 120, "low": 240},
}
"""From entering a state to leaving it.

In `waiting_customer` the customer is asked again, in `resolved` told, in `informed` the case is closed.
"""
_OWN_TIME = ("waiting_customer", "resolved", "informed")
"""States whose deadline has nothing to do with the resolution's: its clock does not run in them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Whom to tell so much time after a breach; a link of a policy's chain."""

    to: Recipient
    after: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised to whom: targets by severity and metric; an empty set of conditions is everybody.

    `working`: targets are counted in working time; `warn_percent`: at which part of a target to warn;
    `at_night`: people are told outside of working time, too.
    """

    id: UUID | None
    targets: Mapping[str, Mapping[str, timedelta]]
    tiers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    distributor_ids: frozenset[UUID] = frozenset()
    working: bool = True
    warn_percent: int = 80
    chain: tuple[Stage, ...] = ()
    at_night: bool = False

    def covers(self, who: "Facts") -> bool:
        """Whether this is promised to such a case."""
        return (
            who.severity in self.targets
            and (not self.tiers or who.tier in self.tiers)
            and (not self.categories or who.category in self.categories)
            and (not self.distributor_ids or who.distributor_id in self.distributor_ids)
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides which terms hold for a case."""

    severity: str
    category: str
    tier: str | None
    distributor_id: UUID | None
    org_unit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one case: its policy and targets, by what clock they count, and when people are in."""

    policy: Policy
    targets: Mapping[str, timedelta]
    clock: Clock
    office: Clock


_BY_SEVERITY: Mapping[str, Mapping[str, timedelta]] = {
    severity: {"resolution": timedelta(hours=hours)} for severity, hours in RESOLUTION_HOURS.items()
}
DEFAULT = Policy(None, _BY_SEVERITY)


@dataclass(frozen=True, slots=True)
class Rules:
    """All policies in their order, and all calendars by org unit (None: of all who have no other)."""

    policies: Sequence[Policy] = ()
    clocks: Mapping[UUID | None, Clock] = field(default_factory=dict)

    def terms(self, facts: Facts) -> Terms:
        """The terms of the first policy that covers the case, else the default ones.

        A policy without a target for the resolution leaves that to the default.
        """
        policy = next((each for each in self.policies if each.covers(facts)), DEFAULT)
        office = self.office(facts.org_unit_id)
        targets = {**_BY_SEVERITY[facts.severity], **policy.targets[facts.severity]}
        return Terms(policy, targets, office if policy.working else WALL, office)

    def office(self, org_unit_id: UUID | None) -> Clock:
        """When people of this org unit work: by its calendar, else by that of all who have no other."""
        return self.clocks.get(org_unit_id) or self.clocks.get(None) or WALL


NO_RULES = Rules()


def step_due(
    clock: Clock, status: str, started_at: datetime, severity: str, resolution: datetime
) -> datetime | None:
    """Until when the state must be left; never later than the resolution is due; None: no deadline."""
    hours = STEP_HOURS.get(status)
    if hours is None:
        return None
    due = clock.after(started_at, timedelta(hours=hours[severity]))
    return due if status in _OWN_TIME else min(due, resolution)


def sla_state(
    due_at: datetime, resolved_at: datetime | None, paused_at: datetime | None, *, now: datetime
) -> SlaState:
    """How a clock stands; the moment itself is still in time."""
    if (resolved_at or paused_at or now) > due_at:
        return "breached"
    if resolved_at is not None:
        return "met"
    return "running" if paused_at is None else "paused"
