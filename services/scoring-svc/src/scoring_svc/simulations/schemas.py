"""Simulations as the API shows them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http import ListQuery, Money, Output
from shared.http.types import Moment

Tier = Literal["core", "important", "ordinary"]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
_TEXTS = [
    "贡献度 83.1（原 81.0），低于核心门槛 87",
    "Contribution 83.1 (was 81.0) is below the 87 that core takes",
]


class SimulationStarted(Output):
    """Work that goes on; watch it at `/v1/operations/{id}`."""

    id: UUID
    simulation_id: UUID


class Stake(Output):
    """So many customers, and their money: contributed in 52 weeks, and expected in the next."""

    customers: int = Field(examples=[312])
    contributed_52: Money
    value_52: Money


class MatrixCell(Stake):
    """Customers by their tier now (null: not scored yet) and under the policy."""

    from_tier: Tier | None
    to_tier: Tier


class TierCounts(Output):
    """Customers by tier."""

    core: int
    important: int
    ordinary: int


class GroupEffect(Output):
    """What the policy does to a group of customers."""

    now: TierCounts
    then: TierCounts
    up: int
    down: int


class OwnerEffect(GroupEffect):
    """To those of one salesperson (null: nobody's)."""

    owner_id: UUID | None


class DistributorEffect(GroupEffect):
    """To those of one distributor (null: the company's own)."""

    distributor_id: UUID | None


class SegmentEffect(GroupEffect):
    """To those of one segment; empty where the policy names no attributes."""

    segment: str = Field(examples=["industry=tea|region=31"])


class Moves(Output):
    """Value at stake."""

    up: Stake
    down: Stake


class NowAndThen(Output):
    """A count today and under the policy."""

    now: int
    then: int


class OverrideCounts(Output):
    """Customers whom people pinned to a tier, and those among them of whom the rules say another."""

    active: int
    against_rules: int


class SimulationSummary(Output):
    """Sums over all customers of the company."""

    matrix: list[MatrixCell]
    moves: Moves
    owners: list[OwnerEffect]
    distributors: list[DistributorEffect]
    segments: list[SegmentEffect]
    negative_value: NowAndThen
    overrides: OverrideCounts


class SimulationRead(Output):
    """A policy tried on everybody. `digest` is of the document, `inputs_digest` of what was decided on."""

    id: UUID
    policy_version: int
    base_version: int = Field(description="The version that was current.")
    status: Status
    digest: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015"])
    inputs_digest: str | None = Field(examples=["2c26b46b68ffc68ff99b453c1d304134"])
    operation_id: UUID | None
    created_by: UUID | None
    created_at: Moment
    model_id: UUID | None
    taken_at: Moment | None = Field(description="The moment of the frozen state.")
    customers: int | None = Field(examples=[22190])
    finished_at: Moment | None


class SimulationDetail(SimulationRead):
    """With its sums; null until it has succeeded, and for whoever may not write policies."""

    summary: SimulationSummary | None


class MoveReason(Output):
    """Which axis moved the customer over which threshold, the hysteresis counted in."""

    code: str = Field(examples=["contribution_fell"])
    text: str = Field(examples=_TEXTS)


class MoverRead(Output):
    """A customer who gets another tier."""

    customer_id: UUID
    owner_id: UUID | None
    distributor_id: UUID | None
    segment: str = Field(examples=["industry=tea|region=31"])
    from_tier: Tier
    to_tier: Tier
    contribution: float = Field(ge=0, le=100, examples=[83.1])
    potential: float = Field(ge=0, le=100, examples=[41.0])
    contribution_before: float | None = Field(examples=[81.0])
    potential_before: float | None = Field(examples=[43.5])
    negative_value: bool
    contributed_52: Money
    value_52: Money
    pinned: bool
    reasons: list[MoveReason]


class SimulationQuery(ListQuery):
    """No filters."""


class MoverQuery(ListQuery):
    """Filters of the list."""

    from_tier: Tier | None = None
    to_tier: Tier | None = None
    direction: Literal["up", "down"] | None = None
    owner_id: UUID | None = None
    distributor_id: UUID | None = None
    customer_id: UUID | None = None
