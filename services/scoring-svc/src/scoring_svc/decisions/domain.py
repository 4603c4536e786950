"""A decision with everything that it takes to make it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

Kind = Literal["tier", "warning"]
MOST_REASONS = 10


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a decision rested on.

    `as_of` is an ISO 8601 time in UTC without an offset, `features` what `Features.row` tells, `held` what
    the last score said (`tier`, `tier_since`, `stage`, `stage_since`; None if nothing binds), `figures` what
    came of it (percentiles, probability, level, stage), `thresholds` the rules that they were held against.
    `segment` and `headroom` are those of the tier, where there are any, `market` says which of the model's
    voices spoke; `percentiles` are ranks by name that were used in the place of the model's own grids.
    """

    as_of: str
    features: Mapping[str, Any]
    held: Mapping[str, Any] | None
    figures: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    segment: str | None = None
    market: str | None = None
    declared_lost: bool = False
    headroom: float | None = None
    percentiles: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`decided` is `{"tier", "from_tier"}` or `{"step": "open", "level"}`; ten reasons are kept at most."""

    customer_id: UUID
    kind: Kind
    decided: Mapping[str, Any]
    inputs: Inputs
    policy_version: int
    policy_digest: str
    model_id: UUID
    reasons: Sequence[Mapping[str, Any]] = field(default=())
    warning_id: UUID | None = None
