"""Policies as the API shows and takes them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import ConfigDict, Field

from scoring_svc.modelling.policy import Policy
from scoring_svc.policies.document import PolicyDocument, shown
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import JsonObject, Line, Moment

Version = Annotated[int, Path(ge=1, lt=2**31, examples=[2])]
Status = Literal["draft", "scheduled", "published", "retired"]

_TIERS: dict[str, Any] = {"core_from": 85, "important_from": 70, "segments": ["industry"]}
_EN: dict[str, Any] = {"note": "Fewer core customers, ranked within their industry"}
_ZH: dict[str, Any] = {"note": "收紧核心客户门槛，按行业分段排名"}
_LATER = "2027-01-01T00:00:00Z"


class TierPolicyCreate(Input):
    """A draft. Without `effective_from` a policy holds from the moment at which it is published."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document": {"tiers": _TIERS}, **each} for each in (_EN, _ZH)]}
    )

    document: PolicyDocument
    note: Line | None = None
    effective_from: Moment | None = None


class TierPolicyPatch(Patch):
    """A merge patch, of `document` entry by entry; null gives an entry its default back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"document": {"tiers": {"core_from": 85}}, **each} for each in (_EN, _ZH)]
        }
    )

    document: JsonObject = Field(default_factory=dict)
    note: Line | None = None
    effective_from: Moment | None = None


class TierPolicyRead(Output):
    """Weights are of percentiles, thresholds are percentiles; see the scoring guide in the documentation.

    `applied_at` is when the last customer got its tier by it; `refusal` says why a scheduled one was not
    published.
    """

    version: int = Field(examples=[2])
    status: Status
    document: dict[str, Any] = Field(examples=[shown(Policy().to_document())])
    digest: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015"])
    note: str | None = Field(examples=[_EN["note"], _ZH["note"]])
    author: UUID | None
    approved_by: UUID | None
    effective_from: Moment | None = Field(examples=[_LATER])
    copy_of: int | None = Field(description="The version that a rollback brought back.", examples=[None])
    simulation_id: UUID | None = Field(description="The simulation that it was published by.")
    refusal: dict[str, Any] | None = Field(examples=[None])
    created_at: Moment
    published_at: Moment | None
    retired_at: Moment | None
    applied_at: Moment | None
    revision: int = Field(description="What `If-Match` compares.", examples=[1])


class TierPolicyQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
