"""Recommendations as the API shows and takes them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from scoring_svc.actions.domain import REASONS, Stage, Tier
from scoring_svc.modelling.reasons import Category
from shared.http import Input, Output, PageInfo
from shared.http.types import NO_FLAG, Code, Flag, Moment, Name

_EXAMPLE: dict[str, Any] = {
    "reason": "complaint_open", "category": None, "tier": "core", "stage": None,
    "action": "manager_calls", "text_en": "The regional manager calls today",
    "text_zh": "区域经理今日致电客户", "priority": 10, "active": True,
}  # fmt: skip
_ENGLISH: dict[str, Any] = {**_EXAMPLE, "text_zh": "The regional manager calls today"}
"""A company that writes no Chinese says the same twice."""
_KEPT: dict[str, Any] = {
    "name": "complaint_open",
    "default": True,
    "version": 1,
    "updated_at": "2026-03-02T09:31:00Z",
    "updated_by": "0196f0c0-0000-7000-8000-000000000001",
}
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$"), Field(examples=["complaint_open"])]


def _known(reason: str) -> str:
    if reason not in REASONS:
        raise PydanticCustomError("reason_unknown", "is no reason of a score", {"zh": "不是评分原因"})
    return reason


Reason = Annotated[Code, AfterValidator(_known), Field(examples=["complaint_open"])]


class ActionRuleSet(Input):
    """What to do where all that is named holds: a reason or a category of reasons, a tier, a stage."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE, _ENGLISH]})

    reason: Reason | None = None
    category: Category | None = None
    tier: Tier | None = None
    stage: Stage | None = None
    action: Code
    text_en: Name
    text_zh: Name
    priority: Annotated[int, Field(ge=-100, le=100), NO_FLAG] = 0
    active: Flag = True

    @model_validator(mode="after")
    def _one_cause(self) -> "ActionRuleSet":
        if self.reason is not None and self.category is not None:
            raise PydanticCustomError(
                "two_causes", "names a reason or a category, not both", {"zh": "原因与类别只能填写其一"}
            )
        return self


class ActionRuleRead(Output):
    """A recommendation; version 0 is one of ours that the company did not change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**each, **_KEPT} for each in (_EXAMPLE, _ENGLISH)]}
    )

    name: str
    reason: str | None
    category: Category | None
    tier: Tier | None
    stage: Stage | None
    action: str
    text_en: str
    text_zh: str
    priority: int
    active: bool
    default: bool = Field(description="There is one of ours of this name, which holds again after a reset.")
    version: int
    updated_at: Moment | None
    updated_by: UUID | None


class ActionRules(Output):
    """All recommendations, by name."""

    data: list[ActionRuleRead]
    page: PageInfo
