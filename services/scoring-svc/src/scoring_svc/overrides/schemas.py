"""Overrides as the API shows and takes them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.http import Input, ListQuery, Output
from shared.http.types import Moment, Name

Tier = Literal["core", "important", "ordinary"]

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_LATER = "2027-03-31T16:00:00Z"
_EN: dict[str, Any] = {"customer_id": _CUSTOMER, "tier": "core", "expires_at": _LATER}
_WORDS = ["Opens three stores in spring; keep close", "明年春季新开三店，重点维护"]


class TierOverrideCreate(Input):
    """The tier that a customer has until `expires_at`, two years from now at most, whatever the rules say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EN, "reason": each} for each in _WORDS]})

    customer_id: UUID
    tier: Tier
    reason: Name = Field(examples=_WORDS)
    expires_at: Moment


class TierOverrideRead(Output):
    """A tier that a person gave; it holds while `ended_at` is null."""

    id: UUID
    customer_id: UUID
    tier: Tier
    reason: str = Field(examples=_WORDS)
    created_by: UUID
    created_at: Moment
    expires_at: Moment = Field(examples=[_LATER])
    ended_at: Moment | None = Field(examples=[None])
    ended_by: UUID | None = Field(examples=[None])
    end_cause: Literal["ended", "expired"] | None = Field(examples=[None])
    version: int


class TierOverrideQuery(ListQuery):
    """Filters of the list."""

    customer_id: UUID | None = None
    tier: Tier | None = None
    created_by: UUID | None = None
    active: bool | None = None
