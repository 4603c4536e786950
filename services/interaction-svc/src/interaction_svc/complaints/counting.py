"""A complaint as it stands, and until when what has to happen by the rules that hold for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from interaction_svc.complaints.transitions import Status, Verb
from interaction_svc.sla import domain as sla
from interaction_svc.sla import ticking
from interaction_svc.sla.domain import NO_RULES, Facts, Rules, Terms
from interaction_svc.sla.ticking import Ticking


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint as it stands; field for field a row of `complaint`."""

    id: UUID
    number: str
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    channel: str
    category: str
    severity: str
    subject: str
    description: str
    product: str | None
    order_no: str | None
    cause: str | None
    status: Status
    owner_id: UUID | None
    tier: str | None
    org_unit_id: UUID | None
    policy_id: UUID | None
    opened_at: datetime
    first_answered_at: datetime | None
    awaiting_since: datetime | None
    sla_started_at: datetime
    sla_due_at: datetime
    sla_paused_at: datetime | None
    sla_paused: timedelta
    escalation_level: int
    step_started_at: datetime
    step_due_at: datetime | None
    resolved_at: datetime | None
    result: str | None
    informed_at: datetime | None
    told: str | None
    closed_at: datetime | None
    reopened_count: int
    merged_into: UUID | None
    merged_from: Status | None
    watcher_ids: tuple[UUID, ...]
    attachments: list[dict[str, str]]
    created_by: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """Who does something to a case, when, what they say about it, and by what rules deadlines count.

    `by` is None when a clock does it.
    """

    by: UUID | None
    at: datetime
    note: str | None = None
    rules: Rules = NO_RULES


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's history: the verb that brought the case to its `version`.

    `changes` are `{field, old, new}` of what was put right.
    """

    verb: Verb
    source: Status | None
    case: Case
    deed: Deed
    changes: Sequence[Mapping[str, Any]] = ()


def terms(case: Case, rules: Rules) -> Terms:
    """What holds for the case."""
    return rules.terms(Facts(case.severity, case.category, case.tier, case.distributor_id, case.org_unit_id))


def counted(case: Case, rules: Rules) -> Case:
    """The case with its deadlines by these rules; whether its result came in time is settled with it."""
    held = terms(case, rules)
    due, policy_id = case.sla_due_at, case.policy_id
    if case.resolved_at is None:
        due, policy_id = ticking.due(held, "resolution", case.sla_started_at, case.sla_paused), held.policy.id
    step_due = sla.step_due(held.clock, case.status, case.step_started_at, case.severity, due)
    return replace(case, policy_id=policy_id, sla_due_at=due, step_due_at=step_due)


def clocks(case: Case, rules: Rules, *, before: Case | None = None) -> tuple[Ticking, ...]:
    """The clocks that tick for the case, and what it stopped since it was as `before`."""
    held = terms(case, rules)
    stopped = case.sla_paused_at if case.status == "merged" else None
    found = [
        ticking.ticking(
            held,
            "resolution",
            case.sla_started_at,
            due_at=case.sla_due_at,
            paused=case.sla_paused,
            paused_at=case.sla_paused_at,
            done_at=case.resolved_at,
        )
    ]
    if "first_answer" in held.targets:
        done = case.first_answered_at or case.closed_at
        found.append(ticking.ticking(held, "first_answer", case.opened_at, done_at=done, paused_at=stopped))
    if "next_answer" in held.targets:
        asked = {case.awaiting_since: None, **_stopped_asking(before, case)}
        found += [
            ticking.ticking(held, "next_answer", since, done_at=done, paused_at=stopped)
            for since, done in asked.items()
            if since is not None
        ]
    return tuple(found)


def _stopped_asking(before: Case | None, case: Case) -> dict[datetime | None, datetime]:
    if before is None or before.awaiting_since == case.awaiting_since:
        return {}
    return {before.awaiting_since: case.updated_at}
