"""What requests about policies of service levels look like, and what is answered."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.sla.domain import Recipient
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Code, Moment, Name

_MOST_MINUTES = 366 * 24 * 60
_MOST_STAGES = 3
_EXAMPLE_ZH: dict[str, Any] = {
    "name": "核心客户",
    "position": 10,
    "tiers": ["core"],
    "targets": {
        "critical": {"first_answer": 15, "next_answer": 30, "resolution": 480},
        "high": {"first_answer": 30, "next_answer": 60, "resolution": 960},
        "normal": {"first_answer": 60, "next_answer": 120, "resolution": 2400},
        "low": {"first_answer": 240, "resolution": 4800},
    },
    "escalation": [
        {"to": "owner", "after_minutes": 0},
        {"to": "lead", "after_minutes": 60},
        {"to": "manager", "after_minutes": 240},
    ],
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": "Deliveries, around the clock",
    "position": 20,
    "categories": ["delivery"],
    "targets": {"critical": {"first_answer": 30, "resolution": 720}},
    "working_time": False,
    "at_night": True,
}
_DEFAULTS: dict[str, Any] = {
    "active": True,
    "tiers": [],
    "categories": [],
    "distributor_ids": [],
    "working_time": True,
    "warn_percent": 80,
    "escalation": [],
    "at_night": False,
}
_READ: dict[str, Any] = {
    "id": "0196f0d1-2b3c-7d4e-8f50-6b7c8d9e0f1a",
    "version": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}

Minutes = Annotated[int, Field(ge=1, le=_MOST_MINUTES)]
Codes = Annotated[list[Code], Field(max_length=50)]
Position = Annotated[int, Field(ge=0, le=10_000)]
Percent = Annotated[int, Field(ge=1, le=99)]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class Targets(Input):
    """Minutes within which something has to happen; at least one of them."""

    first_answer: Minutes | None = Field(None, description="From opening until the customer hears from us.")
    next_answer: Minutes | None = Field(None, description="From what the customer says until our answer.")
    resolution: Minutes | None = Field(None, description="From opening to the result; null: the default.")

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not any((self.first_answer, self.next_answer, self.resolution)):
            raise PydanticCustomError(
                "targets_empty", "must have one target at least", {"zh": "至少须有一项目标时限"}
            )
        return self


class SeverityTargets(Input):
    """Targets of each severity; one that is left out is not covered by the policy."""

    critical: Targets | None = None
    high: Targets | None = None
    normal: Targets | None = None
    low: Targets | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not any((self.critical, self.high, self.normal, self.low)):
            raise PydanticCustomError(
                "targets_empty",
                "must have targets for one severity at least",
                {"zh": "至少须有一个级别的时限"},
            )
        return self

    def stored(self) -> dict[str, Any]:
        """Only what is promised."""
        return self.model_dump(exclude_none=True)


class Escalation(Input):
    """Whom to tell so many minutes after a breach."""

    to: Recipient = Field(description="The case's owner, or the lead or manager of the owner's team.")
    after_minutes: int = Field(ge=0, le=_MOST_MINUTES)


def _in_order(stages: list[Escalation]) -> list[Escalation]:
    times = [stage.after_minutes for stage in stages]
    if times != sorted(times):
        raise PydanticCustomError(
            "stages_out_of_order", "must be in the order of their times", {"zh": "须按时间先后排列"}
        )
    return stages


class SlaPolicyCreate(Input):
    """What is promised to whom. Conditions that are empty hold for everybody."""

    model_config = _examples(_EXAMPLE_ZH, _EXAMPLE_EN)

    name: Name
    position: Position = Field(100, description="The first policy that covers a case counts.")
    active: bool = True
    tiers: Codes = Field(default_factory=list)
    categories: Codes = Field(default_factory=list)
    distributor_ids: Annotated[list[UUID], Field(max_length=200)] = Field(default_factory=list)
    targets: SeverityTargets
    working_time: bool = Field(
        default=True, description="Count in the working time of the customer's org unit, else of the company."
    )
    warn_percent: Percent = Field(80, description="At which part of a target the owner is warned.")
    escalation: Annotated[list[Escalation], Field(max_length=_MOST_STAGES)] = Field(default_factory=list)
    at_night: bool = Field(default=False, description="Tell people outside of working time, too.")

    @model_validator(mode="after")
    def _stages_in_order(self) -> Self:
        _in_order(self.escalation)
        return self


class SlaPolicyPatch(Patch):
    model_config = _examples({"warn_percent": 70}, {"active": False})

    name: Name = Field(default_factory=_kept)
    position: Position = Field(default_factory=_kept)
    active: bool = Field(default_factory=_kept)
    tiers: Codes = Field(default_factory=_kept)
    categories: Codes = Field(default_factory=_kept)
    distributor_ids: Annotated[list[UUID], Field(max_length=200)] = Field(default_factory=_kept)
    targets: SeverityTargets = Field(default_factory=_kept)
    working_time: bool = Field(default_factory=_kept)
    warn_percent: Percent = Field(default_factory=_kept)
    escalation: Annotated[list[Escalation], Field(max_length=_MOST_STAGES)] = Field(default_factory=_kept)
    at_night: bool = Field(default_factory=_kept)

    @model_validator(mode="after")
    def _stages_in_order(self) -> Self:
        _in_order(self.escalation or [])
        return self


class TargetsRead(Output):
    first_answer: int | None = None
    next_answer: int | None = None
    resolution: int | None = None


class SeverityTargetsRead(Output):
    critical: TargetsRead | None = None
    high: TargetsRead | None = None
    normal: TargetsRead | None = None
    low: TargetsRead | None = None


class EscalationRead(Output):
    to: Recipient
    after_minutes: int


class SlaPolicyRead(Output):
    model_config = _examples(
        *({**_READ, **_DEFAULTS, **example} for example in (_EXAMPLE_ZH, _EXAMPLE_EN)),
    )

    id: UUID
    name: str
    position: int
    active: bool
    tiers: list[str]
    categories: list[str]
    distributor_ids: list[UUID]
    targets: SeverityTargetsRead
    working_time: bool
    warn_percent: int
    escalation: list[EscalationRead]
    at_night: bool
    version: int
    created_at: Moment
    updated_at: Moment


class SlaPolicyQuery(ListQuery):
    active: bool | None = None
    sort: Literal["position", "-position"] | None = None
