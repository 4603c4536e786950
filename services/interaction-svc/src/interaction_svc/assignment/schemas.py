"""What requests about rules of assignment look like, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.assignment.domain import Method, Why
from interaction_svc.interactions.domain import Channel
from interaction_svc.sla.domain import Severity
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Moment, Name

_TEAM = "0196f0d2-3c4d-7e5f-8061-7c8d9e0f1a2b"
_RULE = "0196f0d5-6f70-7182-8394-af1b2c3d4e5f"
_STAFF = "0196f0c0-0000-7000-8000-000000000001"
_EXAMPLE_ZH: dict[str, Any] = {
    "name": "质量投诉轮流受理",
    "position": 10,
    "categories": ["quality"],
    "team_id": _TEAM,
    "method": "round_robin",
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": "Everything else to whoever has time",
    "position": 900,
    "team_id": _TEAM,
    "method": "least_open",
}
_DEFAULTS: dict[str, Any] = {
    "active": True,
    **{name: [] for name in ("categories", "severities", "channels", "tiers", "distributor_ids")},
}
_READ: dict[str, Any] = {
    "id": _RULE,
    "last_staff_id": None,
    "version": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}

Codes = Annotated[list[Code], Field(max_length=50)]
Severities = Annotated[list[Severity], Field(max_length=4)]
Channels = Annotated[list[Channel], Field(max_length=20)]
Distributors = Annotated[list[UUID], Field(max_length=200)]
Position = Annotated[int, Field(ge=0, le=10_000)]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class RuleCreate(Input):
    """Who gets which new complaints. Conditions that are empty hold for all."""

    model_config = _examples(_EXAMPLE_ZH, _EXAMPLE_EN)

    name: Name
    position: Position = Field(100, description="Rules are looked at in this order.")
    active: bool = True
    categories: Codes = Field(default_factory=list)
    severities: Severities = Field(default_factory=list)
    channels: Channels = Field(default_factory=list)
    tiers: Codes = Field(default_factory=list)
    distributor_ids: Distributors = Field(default_factory=list)
    team_id: UUID
    method: Method = Field(
        description=(
            "`round_robin`: by turns; `least_open`: who owns the fewest open ones; `skill` and `territory`: "
            "of those with the category as a skill, or the customer's org unit as a territory, who owns the "
            "fewest; if nobody has it the next rule is looked at."
        )
    )


class RulePatch(Patch):
    model_config = _examples({"method": "least_open"}, {"active": False})

    name: Name = Field(default_factory=_kept)
    position: Position = Field(default_factory=_kept)
    active: bool = Field(default_factory=_kept)
    categories: Codes = Field(default_factory=_kept)
    severities: Severities = Field(default_factory=_kept)
    channels: Channels = Field(default_factory=_kept)
    tiers: Codes = Field(default_factory=_kept)
    distributor_ids: Distributors = Field(default_factory=_kept)
    team_id: UUID = Field(default_factory=_kept)
    method: Method = Field(default_factory=_kept)


class RuleRead(Output):
    model_config = _examples(*({**_READ, **_DEFAULTS, **each} for each in (_EXAMPLE_ZH, _EXAMPLE_EN)))

    id: UUID
    name: str
    position: int
    active: bool
    categories: list[str]
    severities: list[Severity]
    channels: list[Channel]
    tiers: list[str]
    distributor_ids: list[UUID]
    team_id: UUID
    method: Method
    last_staff_id: UUID | None = Field(description="Who got the last one.")
    version: int
    created_at: Moment
    updated_at: Moment


class RuleQuery(ListQuery):
    active: bool | None = None


class DryRun(Input):
    """A complaint that nobody made."""

    model_config = _examples({"category": "quality", "severity": "high", "channel": "call", "tier": "core"})

    category: Code
    severity: Severity = "normal"
    channel: Channel = "call"
    tier: Code | None = None
    distributor_id: UUID | None = None
    org_unit_id: UUID | None = None


class Considered(Output):
    staff_id: UUID
    open: int = Field(description="How many complaints without a result they own.")
    why: Why


class Looked(Output):
    """One rule that fitted: who of its team was considered."""

    rule_id: UUID
    name: str
    method: Method
    staff_id: UUID | None
    considered: list[Considered]


def _tried(name: str) -> dict[str, Any]:
    considered = [{"staff_id": _STAFF, "open": 3, "why": "chosen"}]
    looked = {"rule_id": _RULE, "name": name, "method": "round_robin", "staff_id": _STAFF}
    return {"rule_id": _RULE, "staff_id": _STAFF, "rules": [{**looked, "considered": considered}]}


class DryRunRead(Output):
    """Who would get it, by which rule; null: nobody. `rules` are those that fitted, as far as was looked."""

    model_config = _examples(_tried("质量投诉轮流受理"), _tried("Quality, by turns"))

    rule_id: UUID | None
    staff_id: UUID | None
    rules: list[Looked]
