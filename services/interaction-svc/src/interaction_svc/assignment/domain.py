"""Who of a team gets a complaint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

Method = Literal["round_robin", "least_open", "skill", "territory"]
METHODS: tuple[str, ...] = get_args(Method)
Why = Literal["chosen", "inactive", "skill_missing", "elsewhere", "busier", "not_their_turn"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the team: `open` is how many complaints without a result they own."""

    staff_id: UUID
    skills: frozenset[str]
    territories: frozenset[UUID]
    active: bool
    open: int


@dataclass(frozen=True, slots=True)
class Matter:
    """What a rule looks at of a complaint."""

    category: str
    severity: str
    channel: str
    tier: str | None
    distributor_id: UUID | None
    org_unit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, if anybody, and why each of the others does not."""

    staff_id: UUID | None
    considered: Mapping[UUID, Why]


def fits(rule: Mapping[str, Any], matter: Matter) -> bool:
    """Whether the rule is meant for such a complaint; an empty condition is for all."""
    conditions = (
        (rule["categories"], matter.category),
        (rule["severities"], matter.severity),
        (rule["channels"], matter.channel),
        (rule["tiers"], matter.tier),
        (rule["distributor_ids"], matter.distributor_id),
    )
    return all(not wanted or value in wanted for wanted, value in conditions)


def choose(method: Method, team: Sequence[Candidate], matter: Matter, *, last: UUID | None) -> Choice:
    """Who of the team, in its order, gets it; `last` is who got the one before.

    By turns: the next one behind the last. Otherwise whoever has the fewest open ones, of several the first.
    """
    why: dict[UUID, Why] = {each.staff_id: _excluded(method, each, matter) for each in team}
    able = [each for each in team if why[each.staff_id] == "chosen"]
    if not able:
        return Choice(None, why)
    if method == "round_robin":
        chosen, others = _next(team, able, last), "not_their_turn"
    else:
        chosen, others = min(able, key=lambda each: each.open), "busier"
    for each in able:
        if each is not chosen:
            why[each.staff_id] = others  # type: ignore[assignment]
    return Choice(chosen.staff_id, why)


def _excluded(method: Method, candidate: Candidate, matter: Matter) -> Why:
    """Why somebody is out of the question, or that nothing speaks against them."""
    if not candidate.active:
        return "inactive"
    if method == "skill" and matter.category not in candidate.skills:
        return "skill_missing"
    if method == "territory" and matter.org_unit_id not in candidate.territories:
        return "elsewhere"
    return "chosen"


def _next(team: Sequence[Candidate], able: Sequence[Candidate], last: UUID | None) -> Candidate:
    order = [each.staff_id for each in team]
    place = order.index(last) if last in order else -1
    return min(able, key=lambda each: (order.index(each.staff_id) - place - 1) % len(order))
